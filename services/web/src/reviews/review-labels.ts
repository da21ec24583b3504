/** Decisions of a second reader; labels of a model other than benign and malignant are shown as they are. */
const DECISION_LABELS: Readonly<Record<string, string>> = {
  benign: 'Benign',
  malignant: 'Malignant',
  repeat: 'Repeat the sample',
  other: 'Other, see note',
};

export function decisionLabel(decision: string): string {
  return DECISION_LABELS[decision] ?? decision;
}

export const OTHER_DECISIONS = ['repeat', 'other'] as const;
