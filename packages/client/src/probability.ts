import type { ClassName, ProbabilityMembers } from './types';

/** Probability of the positive class, whatever the classes of the model are called. */
export function probabilityOf({
  probability_malignant,
  probability_positive,
}: Pick<ProbabilityMembers, 'probability_malignant' | 'probability_positive'>): number {
  return probability_malignant ?? probability_positive ?? NaN;
}

export function positiveClassOf({ positive_class }: ProbabilityMembers): ClassName {
  return positive_class ?? 'malignant';
}
