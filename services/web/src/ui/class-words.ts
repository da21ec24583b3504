import { type ClassName, positiveClassOf, type ProbabilityFields } from '@cytoqueue/client';
import { TEXTS } from './texts';

/** Look of a class: that of malignant for the positive class of any model. */
export function toneOf(name: string, result: ProbabilityFields): 'benign' | 'malignant' {
  return name === positiveClassOf(result) ? 'malignant' : 'benign';
}

/** Subject of a result's probability, such as "malignancy". */
export function probabilitySubject(result: ProbabilityFields): string {
  return subjectOf(positiveClassOf(result));
}

export function subjectOf(positive: ClassName): string {
  return positive === 'malignant' ? TEXTS.malignancy : TEXTS.quoted(positive);
}
