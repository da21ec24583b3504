import { parseArgs } from 'node:util';
import { stress } from './stress';

const USAGE = `Usage: npm run test:stress -- [--runs N] [--seed N] [file pattern …]
Runs the suite in random order beside busy loops and a disk writer. Status 1 when a run fails.`;

async function main(): Promise<void> {
  const options = {
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number of at least 1');
  process.exitCode = (await stress({ runs, seed: Number(values.seed), patterns: positionals })) ? 0 : 1;
}

void main();
