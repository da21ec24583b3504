/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959964;

/**
 * 95 % confidence interval of a share observed in `count` cases (Wilson 1927), valid also near 0 and 1.
 * @param share 0..1
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z * Z;
  const center = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

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

/** Observed share of malignant cases with about this probability; undefined when there are none. */
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
