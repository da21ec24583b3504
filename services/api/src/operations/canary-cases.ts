import type { PredictionResult } from '@cytoqueue/records';

/** A record with a known result: the class for any model, the exact probability for the shipped models. */
export interface CanaryCase {
  name: string;
  features: Record<string, number>;
  predictedClass: PredictionResult['predicted_class'];
  probabilities: Readonly<Partial<Record<string, number>>>;
}

const FEATURE_NAMES = [
  'clump_thickness',
  'uniformity_of_cell_size',
  'uniformity_of_cell_shape',
  'marginal_adhesion',
  'single_epithelial_cell_size',
  'bare_nuclei',
  'bland_chromatin',
  'normal_nucleoli',
  'mitoses',
];

function createCanaryCase(
  name: CanaryCase['predictedClass'],
  values: number[],
  probabilities: CanaryCase['probabilities'],
): CanaryCase {
  return {
    name,
    features: Object.fromEntries(values.map((value, i) => [FEATURE_NAMES[i], value])),
    predictedClass: name,
    probabilities,
  };
}

/** One case of each class, so that a worker with constant results is detected. Synthetic and clear-cut. */
export const canaryCases: readonly CanaryCase[] = [
  createCanaryCase('benign', [3, 1, 1, 1, 2, 1, 2, 1, 1], {
    'wbc-knn@1.0.0': 2.586765811103998e-18,
    'wbc-knn@1.1.0': 2.586765811103998e-18,
    'wbc-knn-euclidean@1.0.0': 0,
  }),
  createCanaryCase('malignant', [9, 8, 8, 7, 6, 10, 7, 8, 2], {
    'wbc-knn@1.0.0': 0.9990540058679781,
    'wbc-knn@1.1.0': 0.9990540058679781,
    'wbc-knn-euclidean@1.0.0': 1,
  }),
];

export function matchesExpected(
  expected: CanaryCase,
  prediction: { result: PredictionResult; model: string } | undefined,
): boolean {
  if (prediction === undefined || prediction.result.predicted_class !== expected.predictedClass) return false;
  const probability = expected.probabilities[prediction.model];
  return probability === undefined || probability === prediction.result.probability_malignant;
}
