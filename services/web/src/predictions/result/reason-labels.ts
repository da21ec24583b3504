/** Short texts of reasons, by their code in files and by the beginning of their sentence in single records. */
const REASON_LABELS: readonly (readonly [code: string, sentence: string, label: string])[] = [
  ['grey_zone', 'The probability lies between', 'Undecided range (5–95\u00a0%)'],
  ['unusual_record', 'The record is unlike', 'Unusual record'],
];

export function reasonLabel(reason: string): string {
  return REASON_LABELS.find(([code, sentence]) => reason === code || reason.startsWith(sentence))?.[2] ?? reason;
}

export function isUnusual(reasons: readonly string[]): boolean {
  return reasons.some((reason) => reasonLabel(reason) === 'Unusual record');
}
