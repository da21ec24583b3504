/** Tenths of the probability of the positive class: from 0 to below 0.1, …, from 0.9 to 1. */
export const PROBABILITY_BINS = 10;

export function emptyProbabilityBins(): number[] {
  return Array<number>(PROBABILITY_BINS).fill(0);
}

/** Counts scored rows by tenth; fast, because it runs for each row. */
export function countProbabilities(probabilities: Float64Array): number[] {
  // One more bin for exactly 1, which belongs to the last tenth.
  const rows = new Uint32Array(PROBABILITY_BINS + 1);
  for (let sample = 0; sample < probabilities.length; sample++)
    rows[Math.floor(probabilities[sample]! * PROBABILITY_BINS)]!++;
  const certain = rows[PROBABILITY_BINS] ?? 0;
  return Array.from(rows.subarray(0, PROBABILITY_BINS), (count, bin) =>
    bin === PROBABILITY_BINS - 1 ? count + certain : count,
  );
}

/** @returns undefined unless both are known */
export function sumProbabilityBins(
  one: readonly number[] | undefined,
  other: readonly number[] | undefined,
): readonly number[] | undefined {
  return one && other && one.map((rows, bin) => rows + (other[bin] ?? 0));
}
