import { parseArgs } from 'node:util';
import { stress } from './stress';

/** `npm run test:stress -- --runs N [--seed S] [file pattern …]`. Status 1 when a run fails. */
async function main(): Promise<void> {
  const options = {
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number of at least 1');
  process.exitCode = (await stress({ runs, seed: Number(values.seed), patterns: positionals })) ? 0 : 1;
}

void main();
