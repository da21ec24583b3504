import type { MetricValues } from '@cytoqueue/classifier';

/**
 * Confusion counts at a threshold, malignant being positive, and the rates that follow from them.
 * @param probabilities of malignancy, one per label
 */
export function confusionMetrics(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): MetricValues {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++) counts[labels[i] * 2 + (probabilities[i] >= threshold ? 1 : 0)]++;
  const [trueBenign, falseMalignant, falseBenign, trueMalignant] = counts;
  return {
    true_benign: trueBenign,
    false_malignant: falseMalignant,
    false_benign: falseBenign,
    true_malignant: trueMalignant,
    accuracy: (trueBenign + trueMalignant) / labels.length,
    sensitivity: trueMalignant / (trueMalignant + falseBenign),
    specificity: trueBenign / (trueBenign + falseMalignant),
    jaccard_benign: trueBenign / (trueBenign + falseMalignant + falseBenign),
    jaccard_malignant: trueMalignant / (trueMalignant + falseMalignant + falseBenign),
  };
}
