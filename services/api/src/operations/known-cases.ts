import type { PredictionResult } from '@cytoqueue/storage';

/** A record of which the answer is known: the class with any model, the probability to the last bit with those that ship. */
export interface KnownCase {
  name: string;
  features: Record<string, number>;
  predictedClass: PredictionResult['predicted_class'];
  probabilities: Readonly<Partial<Record<string, number>>>;
}

const NAMES = [
  'clump_thickness', 'uniformity_of_cell_size', 'uniformity_of_cell_shape', 'marginal_adhesion', 'single_epithelial_cell_size', 'bare_nuclei',
  'bland_chromatin', 'normal_nucleoli', 'mitoses',
];

function knownCase(name: KnownCase['predictedClass'], values: number[], probabilities: KnownCase['probabilities']): KnownCase {
  return { name, features: Object.fromEntries(NAMES.map((feature, i) => [feature, values[i]])), predictedClass: name, probabilities };
}

/** One of each class, in turn: a worker that always gives the same answer is found out. Made up, and far from the border. */
export const knownCases: readonly KnownCase[] = [
  knownCase('benign', [3, 1, 1, 1, 2, 1, 2, 1, 1], {}),
  knownCase('malignant', [9, 8, 8, 7, 6, 10, 7, 8, 2], {}),
];

export function isRightAnswer(known: KnownCase, answer: { result: PredictionResult; model: string } | undefined): boolean {
  if (answer === undefined || answer.result.predicted_class !== known.predictedClass) return false;
  const probability = known.probabilities[answer.model];
  return probability === undefined || probability === answer.result.probability_malignant;
}
