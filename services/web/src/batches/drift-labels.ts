/** Likely causes of a difference from the training data, as clauses. */
const CAUSE_TEXTS: Readonly<Record<string, string>> = {
  factor_ten: 'ten, a hundred or a thousand times too large or too small. A decimal point may be missing or misplaced.',
  unit: 'probably another unit of measurement.',
  magnification: 'probably another magnification or pixel size.',
  logarithm: 'probably logarithms in place of the values.',
  square_root: 'probably square roots in place of the values.',
  swapped: 'probably columns in the wrong order, or under each other’s names.',
  other_scale: 'probably another grade scale, such as 0 to 9 or 1 to 5 in place of 1 to 10.',
  constant: 'the same value in nearly every row.',
  not_measured: 'not measured in most rows.',
};

const UNKNOWN_CAUSE =
  'graded or measured differently. Possible causes are another reader, another stain or other patients.';

export function driftCauseText(cause: string | undefined): string {
  return CAUSE_TEXTS[cause ?? ''] ?? UNKNOWN_CAUSE;
}

/** `bare_nuclei` → `Bare nuclei` */
export function featureLabel(name: string): string {
  return name.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
}
