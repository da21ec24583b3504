import type { ModelFile } from '../modelfile';
import { type ClassName, classNames, type ConformalEvidence } from './evidence';

/** In the long run, the set leaves out the true class of so many records at the most, class by class. */
const SIGNIFICANCE = 0.01;

/**
 * How odd a sample looks in each class beside that class's own training rows.
 * Vovk, Gammerman, Shafer (2005), "Algorithmic Learning in a Random World": class-conditional conformal prediction.
 * @param benignMean mean distance to the k nearest benign training rows
 */
export function conformalEvidence(benignMean: number, malignantMean: number, file: ModelFile): ConformalEvidence | null {
  const { calibration, conformal } = file;
  if (calibration === null || conformal === null) return null;
  const [benign, malignant] = [benignMean + calibration.epsilon, malignantMean + calibration.epsilon];
  const p_values = { benign: pValue(benign / malignant, conformal.benign), malignant: pValue(malignant / benign, conformal.malignant) };
  const set = Object.values(classNames).filter((name: ClassName) => p_values[name] > SIGNIFICANCE);
  return { level: 1 - SIGNIFICANCE, p_values, set };
}

/** (1 + number of training rows at least as odd) / (n + 1). */
function pValue(oddness: number, ascending: readonly number[]): number {
  return (1 + ascending.length - firstAtLeast(oddness, ascending)) / (ascending.length + 1);
}

function firstAtLeast(value: number, ascending: readonly number[]): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
