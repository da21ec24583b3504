import type { ClassName, PredictionResult } from '@cytoqueue/client';
import { formatProbability } from '../../ui/format';

/** Heading of the result page. */
export function resultTitle({
  outcome,
  predicted_class,
}: Pick<PredictionResult, 'outcome' | 'predicted_class'>): string {
  if (outcome === 'indeterminate') return 'Undecided';
  return predicted_class === 'malignant' ? 'Likely malignant' : 'Likely benign';
}

export function explainOutcome({
  outcome,
  predicted_class,
  probability_malignant,
  operating_point,
}: PredictionResult): string {
  const probability = formatProbability(probability_malignant);
  const cautious =
    operating_point.name === 'sensitivity99'
      ? ` The cautious threshold for malignant is ${formatProbability(operating_point.threshold)}.`
      : '';
  if (outcome === 'indeterminate') {
    return `The model favours ${predicted_class} (probability of malignancy ${probability}) but is not certain enough to classify it; treat as undecided.${cautious}`;
  }
  return `The probability of malignancy is ${probability}, outside the undecided range (5–95 %).${cautious}`;
}

/** Explains the conformal set. */
export function explainConformalSet(set: readonly ClassName[], level: number): string {
  const percent = Math.round(level * 100);
  if (set.length === 2)
    return `Neither class can be ruled out at the ${percent} % level: the record would not be unusual among the benign cases, nor among the malignant.`;
  if (set.length === 0)
    return `The record is unusual for both classes at the ${percent} % level. It is unlike the training cases.`;
  const [only] = set;
  return `Only ${only} remains at the ${percent} % level: the record would be unusual among the ${only === 'benign' ? 'malignant' : 'benign'} cases.`;
}

export function oppositeClass(name: ClassName): ClassName {
  return name === 'benign' ? 'malignant' : 'benign';
}
