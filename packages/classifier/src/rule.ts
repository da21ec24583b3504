import type { Distances } from './metric';
import type { ModelFile } from './modelfile';
import type { NearestRows, Neighborhood, RowsByLabel } from './nearest';
import type { Search } from './search';

/** From the neighbours of the sample that was measured last to its probability of malignancy. */
export type Rule = (search: Search, neighborhood: Neighborhood) => number;

export function createRule({ calibration }: ModelFile): Rule {
  if (calibration === null) return ({ distances, rowsByLabel }, { all }) => voteShare(distances, rowsByLabel, all);
  const { epsilon, platt } = calibration;
  return (search, { benign, malignant }) =>
    plattProbability(classRatioScore(search.meanDistance(benign), search.meanDistance(malignant), epsilon), platt);
}

/** ln of how much farther the benign rows are than the malignant ones; positive speaks for malignant. */
export function classRatioScore(benignMean: number, malignantMean: number, epsilon: number): number {
  return Math.log((benignMean + epsilon) / (malignantMean + epsilon));
}

export function plattProbability(score: number, { slope, intercept }: { slope: number; intercept: number }): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept)));
}

/** Share of malignant among all candidates at or within the farthest distance of `nearest`. */
export function voteShare(distances: Distances, [benign, malignant]: RowsByLabel, nearest: NearestRows): number {
  const votes = countWithin(distances, malignant, nearest);
  return votes / (votes + countWithin(distances, benign, nearest));
}

function countWithin({ numerators, denominators }: Distances, candidates: Int32Array, nearest: NearestRows): number {
  const limitNumerator = nearest.numerators[nearest.count - 1];
  const limitDenominator = nearest.denominators[nearest.count - 1];
  let count = 0;
  for (let i = 0; i < candidates.length; i++) {
    const row = candidates[i];
    if (numerators[row] * limitDenominator <= limitNumerator * denominators[row]) count++;
  }
  return count;
}
