import { parseArgs } from 'node:util';
import { printReport } from './report';
import { soak } from './soak';

const DEFAULT_MINUTES = 10;

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
if (!(minutes > 0)) throw new Error('--minutes N: for how long, in minutes');
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));

void soak({ minutes, seed }).then((report) => {
  process.exitCode = printReport(report) ? 0 : 1;
});
