import { parseArgs } from 'node:util';
import { printReport } from './report';
import { soak } from './soak';

const DEFAULT_MINUTES = 10;

const USAGE = `Usage: npm run soak -- [--minutes N] [--seed N]
Sends work to a stack whose processes are killed and whose disk, Redis and clock fail, for ${DEFAULT_MINUTES} minutes unless told otherwise, and checks every answer.`;

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, seed: text, help: { type: 'boolean' } } });
if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
if (!(minutes > 0)) throw new Error('--minutes N: for how long, in minutes');
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));

void soak({ minutes, seed }).then((report) => {
  process.exitCode = printReport(report) ? 0 : 1;
});
