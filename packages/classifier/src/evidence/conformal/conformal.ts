import { CONFORMAL_SIGNIFICANCE, conformalPValue } from './p-value';
import type { ModelFile } from '../../model/model-file';
import { classNames, type ConformalEvidence } from '../evidence';

/**
 * How odd a sample looks in each class beside that class's own training rows.
 * @param benignMean mean distance to the k nearest benign training rows
 */
export function conformalEvidence(
  benignMean: number,
  malignantMean: number,
  file: ModelFile,
): ConformalEvidence | null {
  const { calibration, conformal } = file;
  if (calibration === null || conformal === null) return null;
  const [benign, malignant] = [benignMean + calibration.epsilon, malignantMean + calibration.epsilon];
  const p_values = {
    benign: conformalPValue(benign / malignant, conformal.benign),
    malignant: conformalPValue(malignant / benign, conformal.malignant),
  };
  const set = Object.values(classNames).filter((name) => p_values[name] > CONFORMAL_SIGNIFICANCE);
  return { level: 1 - CONFORMAL_SIGNIFICANCE, p_values, set };
}
