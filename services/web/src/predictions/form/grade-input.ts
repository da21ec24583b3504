/**
 * What typing does to a field of grades 1 to 10, when fields move on by themselves. A 1 may become a 10, so it waits:
 * whatever comes behind it and is no 0 belongs to the next field.
 */
export interface GradeInput {
  /** What stays in this field. */
  text: string;
  /** Whether the next field is gone to, and what of the typed belongs into it. */
  next?: string;
}

export function splitGradeInput(text: string): GradeInput {
  if (/^([2-9?]|10)$/.test(text)) return { text, next: '' };
  const pair = /^1([1-9?])$/.exec(text);
  if (pair !== null) return { text: '1', next: pair[1] };
  const separated = /^(\d+|\?)?[\s,;]$/.exec(text);
  if (separated === null) return { text };
  // Before any digit it closes the field before, which has moved on already.
  return separated[1] === undefined ? { text: '' } : { text: separated[1], next: '' };
}

const EXIT_KEYS = ['Enter', 'Tab', 'ArrowDown'];

/** Whether a key says “done with this field”: who is used to press one must not skip a field that moved on by itself. */
export function isExitKey({ key, shiftKey }: { key: string; shiftKey: boolean }): boolean {
  return EXIT_KEYS.includes(key) && !shiftKey;
}
