/**
 * Typing grades 1 to 10 moves on to the next field automatically. After a 1 the field waits for a 0; any other digit
 * belongs to the next field.
 */
export interface GradeInput {
  /** Text that stays in this field. */
  text: string;
  /** Text for the next field when the focus moves there; undefined when it stays. */
  next?: string;
}

export function splitGradeInput(text: string): GradeInput {
  if (/^([2-9?]|10)$/.test(text)) return { text, next: '' };
  const pair = /^1([1-9?])$/.exec(text);
  if (pair !== null) return { text: '1', next: pair[1] };
  const separated = /^(\d+|\?)?[\s,;]$/.exec(text);
  if (separated === null) return { text };
  // A separator before any digit ends the previous field, which has moved on already.
  return separated[1] === undefined ? { text: '' } : { text: separated[1], next: '' };
}

const EXIT_KEYS = ['Enter', 'Tab', 'ArrowDown'];

/** Whether a key means "next field". Right after an automatic move it is ignored, so that no field is skipped. */
export function isExitKey({ key, shiftKey }: { key: string; shiftKey: boolean }): boolean {
  return EXIT_KEYS.includes(key) && !shiftKey;
}
