import { parseArgs } from 'node:util';
import { benchClassifier } from './classifier/bench-classifier';

export interface BenchOptions {
  /** Also what takes minutes: how cost grows with the training rows. */
  readonly large: boolean;
  /** Interpreter whose scikit-learn and faiss are the peers; the system's when left out. */
  readonly python?: string;
}

/** What there is to measure, by the name that `--only` takes; each prints its tables and returns its figures. */
const parts: Readonly<Record<string, (options: BenchOptions) => Promise<unknown>>> = {
  classifier: benchClassifier,
};

/** Runs the benchmarks and prints their figures as JSON on the last line. */
export async function runBench(args: readonly string[]): Promise<void> {
  const options = { only: { type: 'string' }, python: { type: 'string' }, large: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const names = values.only === undefined ? Object.keys(parts) : [values.only];
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is ${Object.keys(parts).join(', ')}`);
  const figures: Record<string, unknown> = {};
  for (const name of names) figures[name] = await parts[name](values);
  console.log(JSON.stringify(figures));
}
