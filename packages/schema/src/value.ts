import type { Feature } from './schema';

export type ValueErrorCode = 'not-an-integer' | 'not-a-number' | 'out-of-range';

/** Whole numbers, also as `5.0`, which is how pandas writes a column that has gaps. */
const INTEGER = /^-?\d+(\.0+)?$/;
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads a trimmed cell that is no missing token. NaN when the text is no number of the feature's kind. */
export function parseCell(text: string, feature: Feature): number {
  const pattern = feature.integer ? INTEGER : DECIMAL;
  return pattern.test(text) ? Number(text) + 0 : NaN;
}

/** What is wrong with a value that was measured, if anything. NaN stands for "no number at all". */
export function checkValue(value: number, feature: Feature): ValueErrorCode | undefined {
  if (feature.integer && value !== Math.round(value)) return 'not-an-integer';
  if (Number.isNaN(value)) return 'not-a-number';
  return value < feature.min || value > feature.max ? 'out-of-range' : undefined;
}

/** The end of a sentence that begins with the feature and what was received. */
export function valueErrorText(code: ValueErrorCode, { integer, min, max }: Feature): string {
  const kind = integer ? 'a whole number' : 'a number';
  return code === 'out-of-range' ? `is outside ${min} to ${max}` : `is not ${kind} from ${min} to ${max}`;
}
