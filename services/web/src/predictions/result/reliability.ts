import { wilsonInterval } from '../../ui/proportion';

/** One tenth of the scale of probabilities in a cross-validation. */
export interface ReliabilityBin {
  mean_probability: number;
  malignant_share: number;
  /** Predictions over all repetitions. */
  rows: number;
}

export interface ObservedReliability {
  from: number;
  to: number;
  /** Approximate number of distinct cases: each is predicted once per repetition. */
  cases: number;
  /** Repetitions of the cross-validation. */
  rounds: number;
  share: number;
  interval: [low: number, high: number];
}

/** The share of cross-validation cases with about this probability that were malignant; undefined when there are none. */
export function reliabilityAt(
  probability: number,
  bins: readonly ReliabilityBin[],
  repetitions: number,
): ObservedReliability | undefined {
  const tenth = decileOf(probability);
  const bin = bins.find(({ mean_probability }) => decileOf(mean_probability) === tenth);
  if (bin === undefined || bin.rows < repetitions) return undefined;
  const cases = Math.round(bin.rows / repetitions);
  return {
    from: tenth / 10,
    to: (tenth + 1) / 10,
    cases,
    rounds: repetitions,
    share: bin.malignant_share,
    interval: wilsonInterval(bin.malignant_share, cases),
  };
}

function decileOf(probability: number): number {
  return Math.min(9, Math.floor(probability * 10));
}
