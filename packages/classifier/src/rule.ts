import type { ModelFile } from './modelfile';
import { NearestRows } from './nearest';
import type { Search } from './search';

/** From the distances of the sample that was measured last to its probability of malignancy. */
export type Rule = (search: Search, nearest: NearestRows) => number;

/** The model's rule. `nearest` holds the k nearest of all training rows. */
export function createRule({ rule, calibration, k }: ModelFile): Rule {
  if (rule === 'votes' || calibration === null) return voteShare;
  const { epsilon, platt } = calibration;
  const benign = new NearestRows(k);
  const malignant = new NearestRows(k);
  return (search) => {
    const [benignRows, malignantRows] = search.rowsByLabel;
    const benignMean = search.meanDistance(benign.select(search.distances, benignRows));
    const malignantMean = search.meanDistance(malignant.select(search.distances, malignantRows));
    return plattProbability(classRatioScore(benignMean, malignantMean, epsilon), platt);
  };
}

/** ln of how much farther the benign rows are than the malignant ones; positive speaks for malignant. */
export function classRatioScore(benignMean: number, malignantMean: number, epsilon: number): number {
  return Math.log((benignMean + epsilon) / (malignantMean + epsilon));
}

export function plattProbability(score: number, { slope, intercept }: { slope: number; intercept: number }): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept)));
}

/** Share of malignant among all candidates at or within the farthest distance of `nearest`. */
export function voteShare(search: Search, nearest: NearestRows, candidates = search.allRows): number {
  const { numerators, denominators } = search.distances;
  const limitNumerator = nearest.numerators[nearest.count - 1];
  const limitDenominator = nearest.denominators[nearest.count - 1];
  let votes = 0;
  let malignantVotes = 0;
  for (let i = 0; i < candidates.length; i++) {
    const row = candidates[i];
    if (numerators[row] * limitDenominator > limitNumerator * denominators[row]) continue;
    votes++;
    malignantVotes += search.training.labels[row];
  }
  return malignantVotes / votes;
}
