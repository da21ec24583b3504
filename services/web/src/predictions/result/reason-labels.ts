import { TEXTS } from './texts';

/** Short texts of reasons, by their code in files and by the beginning of their sentence in single records. */
const REASON_LABELS: readonly (readonly [code: string, sentence: RegExp, label: string])[] = [
  ['grey_zone', /^The probability lies between/, TEXTS.reasons.greyZone],
  ['unusual_record', /^The record is unlike/, TEXTS.reasons.unusual],
];

export function reasonLabel(reason: string): string {
  return REASON_LABELS.find(([code, sentence]) => reason === code || sentence.test(reason))?.[2] ?? reason;
}

export function isUnusual(reasons: readonly string[]): boolean {
  return reasons.some((reason) => reasonLabel(reason) === TEXTS.reasons.unusual);
}

/** Labels of the reasons, without that of an unusual record, which lists show apart. */
export function otherReasonLabels(reasons: readonly string[]): string[] {
  return reasons.map(reasonLabel).filter((label) => label !== TEXTS.reasons.unusual);
}
