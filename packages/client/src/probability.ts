import type { ClassName, ProbabilityFields } from './types';

/** Probability of the positive class, whatever the classes of the model are called. */
export function probabilityOf({
  probability_malignant,
  probability_positive,
}: Pick<ProbabilityFields, 'probability_malignant' | 'probability_positive'>): number {
  return probability_malignant ?? probability_positive ?? NaN;
}

export function positiveClassOf({ positive_class }: ProbabilityFields): ClassName {
  return positive_class ?? 'malignant';
}
