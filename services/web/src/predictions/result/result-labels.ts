import { type ClassName, positiveClassOf, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { formatProbability } from '../../ui/format';

export const UNDECIDED_FROM = 0.05;
export const UNDECIDED_TO = 0.95;

/** Heading of the result page. */
export function resultTitle({
  outcome,
  predicted_class,
}: Pick<PredictionResult, 'outcome' | 'predicted_class'>): string {
  if (outcome === 'indeterminate') return 'Undecided';
  return `Likely ${predicted_class}`;
}

export function explainOutcome(result: PredictionResult): string {
  const { outcome, predicted_class, operating_point } = result;
  const probability = formatProbability(probabilityOf(result));
  const subject = probabilitySubject(result);
  const cautious =
    operating_point.name === 'sensitivity99'
      ? ` The cautious threshold for ${positiveClassOf(result)} is ${formatProbability(operating_point.threshold)}.`
      : '';
  if (outcome === 'indeterminate') {
    return `The model favours ${predicted_class} (probability of ${subject} ${probability}) but is not certain enough to classify it; treat as undecided.${cautious}`;
  }
  return `The probability of ${subject} is ${probability}, outside the undecided range (5–95 %).${cautious}`;
}

/** Explains the conformal set. @param classes of the model, the positive one last */
export function explainConformalSet(set: readonly ClassName[], classes: readonly ClassName[], level: number): string {
  const percent = Math.round(level * 100);
  const [negative = '', positive = ''] = classes;
  if (set.length === 2)
    return `Neither class can be ruled out at the ${percent} % level: the record would not be unusual among the ${negative} cases, nor among the ${positive}.`;
  if (set.length === 0)
    return `The record is unusual for both classes at the ${percent} % level. It is unlike the training cases.`;
  const [only] = set;
  return `Only ${only} remains at the ${percent} % level: the record would be unusual among the ${only === negative ? positive : negative} cases.`;
}

/** Whether a probability lies outside the undecided range. */
export function isDecided(probability: number): boolean {
  return probability <= UNDECIDED_FROM || probability >= UNDECIDED_TO;
}

export function oppositeClass(name: ClassName, classes: readonly ClassName[]): ClassName {
  return classes.find((other) => other !== name) ?? 'the other one';
}
