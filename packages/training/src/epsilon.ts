import { median } from './quantile';
import { TrainingDataError } from './training-data';

/**
 * ε as a share of the median distance to malignant rows: large enough for zero distances, too small to change a label.
 */
const EPSILON_SHARE = 0.001;

/**
 * Computes ε, which is added to mean distances before their ratio is computed.
 * @param malignantMeans mean distance of every training row to its k nearest malignant rows, without itself
 * @throws TrainingDataError `too-few-rows` when ε would be 0
 */
export function fitEpsilon(malignantMeans: Float64Array): number {
  const epsilon = EPSILON_SHARE * median(malignantMeans);
  if (epsilon === 0)
    throw new TrainingDataError('too-few-rows', 'most rows equal k malignant rows, so that their median distance is 0');
  return epsilon;
}
