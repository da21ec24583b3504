import type { DistanceFractions } from './metric';
import type { ModelFile } from '../model/model-file';
import type { NearestRows, RowsByLabel } from './nearest';

/**
 * Computes the probability of malignancy from one number per class: with `class-ratio` the mean distance to its k
 * nearest rows, with `votes` the number of its rows at or within the k-th distance of all rows.
 */
export type ToProbability = (benign: number, malignant: number) => number;

export function createToProbability({ calibration }: Pick<ModelFile, 'calibration'>): ToProbability {
  if (calibration === null) return (benign, malignant) => malignant / (malignant + benign);
  const { epsilon, platt } = calibration;
  return (benign, malignant) => plattProbability(classRatioScore(benign, malignant, epsilon), platt);
}

/** Logarithm of the ratio of the mean distances; positive values favour malignant. */
export function classRatioScore(benignMean: number, malignantMean: number, epsilon: number): number {
  return Math.log((benignMean + epsilon) / (malignantMean + epsilon));
}

export function plattProbability(score: number, { slope, intercept }: { slope: number; intercept: number }): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept)));
}

/** Share of malignant rows among all candidates at or within the largest distance of `nearest`. */
export function voteShare(
  distances: DistanceFractions,
  [benign, malignant]: RowsByLabel,
  nearest: NearestRows,
): number {
  const votes = countWithin(distances, malignant, nearest);
  return votes / (votes + countWithin(distances, benign, nearest));
}

/** Number of candidates at or within the largest distance of `nearest`. */
export function countWithin(
  { numerators, denominators }: DistanceFractions,
  candidates: Int32Array,
  nearest: NearestRows,
): number {
  const limitNumerator = nearest.numerators[nearest.count - 1];
  const limitDenominator = nearest.denominators[nearest.count - 1];
  let count = 0;
  for (let i = 0; i < candidates.length; i++) {
    const row = candidates[i];
    if (numerators[row] * limitDenominator <= limitNumerator * denominators[row]) count++;
  }
  return count;
}
