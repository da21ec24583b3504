import { median } from './quantile';
import { TrainingDataError } from './training-data';

/** ε as a share of the usual distance to the malignant rows: large enough to tame zeros, too small to move a label. */
const EPSILON_SHARE = 0.001;

/**
 * What is added to mean distances before their ratio is taken.
 * @param malignantMeans mean distance of every training row to the k nearest malignant ones but itself
 * @throws TrainingDataError `too-few-rows` when it would be nothing
 */
export function fitEpsilon(malignantMeans: Float64Array): number {
  const epsilon = EPSILON_SHARE * median(malignantMeans);
  if (epsilon === 0) throw new TrainingDataError('too-few-rows', 'most rows repeat k malignant rows, no scale is left');
  return epsilon;
}
