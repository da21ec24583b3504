import { type ClassNames, probabilityName } from '@cytoqueue/schema';

/** The members of a result that hold the probability of the positive class. Absent ones are undefined. */
export interface ProbabilityFields {
  probability_malignant?: number;
  probability_positive?: number;
  positive_class?: string;
}

export function probabilityFields(labels: ClassNames, probability: number): ProbabilityFields {
  return probabilityName({ labels }) === 'probability_malignant'
    ? { probability_malignant: probability }
    : { probability_positive: probability, positive_class: labels[1] };
}

/** Picks them from a result or a confirmation, without those that it lacks. */
export function pickProbability({
  probability_malignant,
  probability_positive,
  positive_class,
}: ProbabilityFields): ProbabilityFields {
  return probability_malignant === undefined ? { probability_positive, positive_class } : { probability_malignant };
}

export function probabilityOf({ probability_malignant, probability_positive }: ProbabilityFields): number {
  return probability_malignant ?? probability_positive ?? NaN;
}

export function positiveClassOf({ positive_class }: ProbabilityFields): string {
  return positive_class ?? 'malignant';
}
