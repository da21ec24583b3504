/** Added to every bin, so that an empty bin has a logarithm and little weight. */
const PSEUDO_COUNT = 0.5;

/**
 * Population stability index of counts against expected counts over the same bins: Σ (a − e) ln(a / e) over their
 * shares. 0 when the shares are equal, and when there are no counts.
 */
export function populationStabilityIndex(counts: readonly number[], expected: readonly number[]): number {
  const total = sum(counts);
  if (total === 0) return 0;
  const actualTotal = total + PSEUDO_COUNT * counts.length;
  const expectedTotal = sum(expected) + PSEUDO_COUNT * counts.length;
  return counts.reduce((index, count, bin) => {
    const actual = (count + PSEUDO_COUNT) / actualTotal;
    const share = (expected[bin] + PSEUDO_COUNT) / expectedTotal;
    return index + (actual - share) * Math.log(actual / share);
  }, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
