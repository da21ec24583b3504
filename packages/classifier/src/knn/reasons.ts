/** The probability lies strictly between .05 and .95: fixed limits, whatever the threshold of the operating point. */
export const GREY_ZONE = 1;
/**
 * The record is far (its k-th nearest training row is farther away than for 99 % of the training rows) or novel (see
 * `Novelty`).
 */
export const UNUSUAL_RECORD = 2;

const reasons = [
  { flag: GREY_ZONE, code: 'grey_zone', text: 'The probability lies between 5 % and 95 %: too uncertain to classify.' },
  {
    flag: UNUSUAL_RECORD,
    code: 'unusual_record',
    text: 'The record is unlike those the model has seen: check the values for typing errors; in a file also check the order of its columns.',
  },
];

const codesByFlags = allFlags((flags) => reasonsOf(flags).map(({ code }) => code));
const textsByFlags = allFlags((flags) => reasonsOf(flags).map(({ text }) => text));

/** Reasons for an indeterminate result as stable codes: `grey_zone`, `unusual_record`. Empty when confident. */
export function reasonCodes(flags: number): readonly string[] {
  return codesByFlags[flags];
}

/** Reasons for an indeterminate result as sentences for a clinician. Empty when confident. */
export function reasonText(flags: number): readonly string[] {
  return textsByFlags[flags];
}

export function isGreyZone(probability: number): boolean {
  return probability > 0.05 && probability < 0.95;
}

function reasonsOf(flags: number) {
  return reasons.filter(({ flag }) => (flags & flag) !== 0);
}

function allFlags(list: (flags: number) => string[]): readonly (readonly string[])[] {
  return [0, GREY_ZONE, UNUSUAL_RECORD, GREY_ZONE | UNUSUAL_RECORD].map((flags) => Object.freeze(list(flags)));
}
