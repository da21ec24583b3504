import { TEXTS } from './texts';

/** Decisions of a second reader beside the model's classes. */
export const OTHER_DECISIONS = ['repeat', 'other'] as const;

/** Classes of a model other than benign and malignant are shown as they are. */
export function decisionLabel(decision: string): string {
  return TEXTS.decisions[decision] ?? decision;
}
