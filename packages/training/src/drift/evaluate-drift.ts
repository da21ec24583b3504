import {
  type DriftCause,
  DriftJudge,
  type DriftVerdictName,
  MIN_VERDICT_ROWS,
  type Model,
  createRandom,
  type Random,
  shuffle,
} from '@cytoqueue/classifier';
import { type SimulatedShift, simulatedShifts } from '../novelty/simulated-shifts';

/** The verdicts on a shifted copy of the training file, and on random excerpts of it. */
export interface DriftReport {
  readonly name: string;
  readonly whole_file: DriftVerdictName;
  /** The cause that was named for most columns; null for none. */
  readonly cause: DriftCause | null;
  readonly largest_effect: number;
  /** All benign rows alone, and all malignant ones. */
  readonly benign_rows: DriftVerdictName;
  readonly malignant_rows: DriftVerdictName;
  /** Number of random excerpts of 30 rows of both classes. */
  readonly excerpts: number;
  readonly excerpts_differ: number;
  readonly excerpts_unlike: number;
}

const EXCERPTS = 100;
const SEED = 13;

export function evaluateDrift(model: Model): DriftReport[] {
  const judge = new DriftJudge(model);
  const { labels } = model.training;
  const all = Array.from(labels.keys());
  return simulatedShifts(model.schema).map((shift) => {
    const random = createRandom(SEED);
    const judged = (rows: readonly number[]) => judge.judge(judge.bins.count(shifted(model, rows, shift, random)));
    const { verdict, columns } = judged(all);
    const excerpts = Array.from(
      { length: EXCERPTS },
      () => judged(shuffle([...all], random).slice(0, MIN_VERDICT_ROWS)).verdict,
    );
    const countOf = (name: DriftVerdictName) => excerpts.filter((one) => one === name).length;
    return {
      name: shift.name,
      whole_file: verdict,
      cause: mostCommon(columns.map(({ cause }) => cause)),
      largest_effect: columns[0]?.effect_size ?? 0,
      benign_rows: judged(all.filter((row) => labels[row] === 0)).verdict,
      malignant_rows: judged(all.filter((row) => labels[row] === 1)).verdict,
      excerpts: EXCERPTS,
      excerpts_differ: countOf('differs'),
      excerpts_unlike: countOf('unlike_training'),
    };
  });
}

function shifted(
  { training }: Model,
  rows: readonly number[],
  { apply }: SimulatedShift,
  random: Random,
): Float64Array {
  const { samples, featureCount } = training;
  return Float64Array.from(
    rows.flatMap((row) => Array.from(apply(samples.slice(row * featureCount, (row + 1) * featureCount), random))),
  );
}

function mostCommon(causes: readonly (DriftCause | undefined)[]): DriftCause | null {
  const counts = new Map<DriftCause, number>();
  for (const cause of causes) if (cause !== undefined) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts].toSorted((one, other) => other[1] - one[1])[0]?.[0] ?? null;
}
