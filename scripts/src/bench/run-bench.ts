import { parseOptions } from '../command-options';
import type { Environment } from '../stack/launch';
import { benchBatch } from './batch/bench-batch';
import { writeThroughput } from './batch/write-throughput';
import { benchClassifier } from './classifier/bench-classifier';
import { benchMixed } from './mixed/bench-mixed';
import { benchPromises } from './promises/bench-promises';
import type { BenchOptions } from './bench-options';
import { benchExplain } from './explain/bench-explain';
import { writeFigures } from '../figures/figures-file';
import { describeMachine } from './machine';
import { benchSingle } from './single/bench-single';

/** Benchmarks by their `--only` name; each prints its tables and returns its measurements. */
const parts: Readonly<Record<string, (options: BenchOptions) => Promise<unknown>>> = {
  classifier: benchClassifier,
  batch: benchBatch,
  single: benchSingle,
  explain: benchExplain,
  mixed: benchMixed,
  promises: benchPromises,
};

const ROUNDS = 3;

const USAGE = `Usage: npm run bench -- [--only ${Object.keys(parts).join('|')}] [--rows N] [--rounds N] [--large] [--python FILE] [--write-scaling]
  --only           one part; all of them when left out
  --rows           rows of a batch; each part has its own default
  --rounds         how often everything is measured (${ROUNDS}); the median counts
  --large          also what takes minutes: cost by training rows, the memory of ten million rows
  --python         interpreter whose scikit-learn and faiss are compared with
  --write-scaling  writes the measured throughput of a worker into packages/scaling
With the default rows and ${ROUNDS} rounds or more, the figures are written to scripts/bench/bench.json; npm run bench-table shows them in README.md.`;

/** Runs the benchmarks, prints their measurements as JSON on the last line and writes them, if they are comparable, to `bench.json`. */
export async function runBench(environment: Environment, args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const described = { only: text, python: text, rows: text, rounds: text, large: flag, 'write-scaling': flag } as const;
  const values = parseOptions(args, described, USAGE);
  const rows = values.rows === undefined ? undefined : parseCount('rows', values.rows);
  const rounds = values.rounds === undefined ? ROUNDS : parseCount('rounds', values.rounds);
  const options: BenchOptions = { environment, rows, rounds, large: values.large, python: values.python };
  const chosen = Object.entries(parts)
    .map(([name, part]) => ({ name, part }))
    .filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) throw new Error(`--only ${values.only}: there is ${Object.keys(parts).join(', ')}`);

  if (values['write-scaling'] && !chosen.some(({ name }) => name === 'batch'))
    throw new Error('--write-scaling writes what --only batch measures');
  const machine = await describeMachine(environment);
  const figures: Record<string, unknown> = {};
  for (const { name, part } of chosen) figures[name] = await part(options);
  if (values['write-scaling']) await writeThroughput(figures['batch']);
  if (rows === undefined && rounds >= ROUNDS) writeFigures(figures, machine);
  console.log(JSON.stringify(figures));
}

function parseCount(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--${name} ${text}: that is no count`);
  return Number(text);
}
