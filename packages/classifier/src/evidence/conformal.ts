import type { ConformalEvidence } from './evidence';
import type { ClassScores } from '../knn/reference-knn';
import type { ModelFile } from '../model/model-file';

/**
 * Conformal p-values: how typical a sample is of each class, compared with the training rows of that class.
 */
export function conformalEvidence(
  { benignScore, malignantScore }: Pick<ClassScores, 'benignScore' | 'malignantScore'>,
  file: ModelFile,
): ConformalEvidence | null {
  const { calibration, conformal, labels } = file;
  if (calibration === null || conformal === null) return null;
  const [benign, malignant] = [benignScore + calibration.epsilon, malignantScore + calibration.epsilon];
  const pValues = [
    conformalPValue(benign / malignant, conformal.benign),
    conformalPValue(malignant / benign, conformal.malignant),
  ];
  return {
    level: 1 - CONFORMAL_SIGNIFICANCE,
    p_values: Object.fromEntries(labels.map((name, label) => [name, pValues[label]])),
    set: labels.filter((_, label) => pValues[label] > CONFORMAL_SIGNIFICANCE),
  };
}

/**
 * p-value of a nonconformity score within a class: (1 + number of rows with at least this score) / (n + 1).
 * Vovk, Gammerman, Shafer (2005), "Algorithmic Learning in a Random World": class-conditional conformal prediction.
 * @param ascendingScores nonconformity scores of the class's own rows
 */
export function conformalPValue(nonconformityScore: number, ascendingScores: ArrayLike<number>): number {
  return (1 + ascendingScores.length - lowerBound(nonconformityScore, ascendingScores)) / (ascendingScores.length + 1);
}

/** Significance level: in each class the set omits the true class for at most this share of records. */
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
