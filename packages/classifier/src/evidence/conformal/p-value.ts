/**
 * How unusual a sample's oddness is among the rows of a class: (1 + number of rows at least as odd) / (n + 1).
 * Vovk, Gammerman, Shafer (2005), "Algorithmic Learning in a Random World": class-conditional conformal prediction.
 * @param ascendingScores oddness of the class's own rows
 */
export function conformalPValue(nonconformityScore: number, ascendingScores: ArrayLike<number>): number {
  return (1 + ascendingScores.length - lowerBound(nonconformityScore, ascendingScores)) / (ascendingScores.length + 1);
}

/** In the long run the set of classes leaves out the true one of so many records at the most, class by class. */
export const CONFORMAL_SIGNIFICANCE = 0.01;

function lowerBound(value: number, ascending: ArrayLike<number>): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
