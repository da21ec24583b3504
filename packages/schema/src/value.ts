import type { Feature, Schema } from './schema';

export type ValueErrorCode = 'not-an-integer' | 'not-a-number' | 'out-of-range';

/** Whole numbers, also as `5.0`, which is how pandas writes a column that has gaps. */
const INTEGER = /^-?\d+(\.0+)?$/;
/** Spreadsheets write whole numbers so in a column of the format "scientific". */
const EXPONENT = /^-?\d+(\.\d+)?e[+-]?\d{1,3}$/i;
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads a trimmed cell that is no missing token. NaN when the text is no number of the feature's kind. */
export function parseCell(text: string, feature: Feature): number {
  const isNumber = feature.integer
    ? INTEGER.test(text) || (EXPONENT.test(text) && Number.isInteger(Number(text)))
    : DECIMAL.test(text);
  return isNumber ? Number(text) + 0 : NaN;
}

/** Beside the schema's own tokens, in any case: how programs and people write that nothing was measured. */
const MISSING_WORDS = new Set([
  '.',
  '-',
  'na',
  'n/a',
  'nan',
  'null',
  'none',
  'nil',
  '<na>',
  '#n/a',
  '#null!',
  'missing',
  'unknown',
]);

/** Whether a cell's plain text means "not measured". */
export function isMissing(text: string, { missingTokens }: Schema): boolean {
  return missingTokens.includes(text) || MISSING_WORDS.has(text.toLowerCase());
}

/** What is wrong with a value that was measured, if anything. NaN stands for "no number at all". */
export function checkValue(value: number, feature: Feature): ValueErrorCode | undefined {
  if (feature.integer && value !== Math.round(value)) return 'not-an-integer';
  if (Number.isNaN(value)) return 'not-a-number';
  return value < feature.min || value > feature.max ? 'out-of-range' : undefined;
}

const DECIMAL_COMMA = /^-?\d+,\d+$/;
/** Codes by which statistics programs mark what was not measured. */
const MISSING_CODES = new Set(['-9', '-99', '-999', '99', '999', '9999']);

/** Words that probably mean "not measured", but that are not accepted as such without a profile. */
const OTHER_MISSING_WORDS = /^(n\.?\s?[admu]\.?|not\b.*|k\.?\s?a\.?|-{2,}|no data)$/i;

/** What a sender can do about a cell, behind the text of its error; '' where the error says it all. */
export function valueHint(text: string, code: ValueErrorCode): string {
  if (DECIMAL_COMMA.test(text)) return ' (it uses a decimal comma)';
  if (code === 'out-of-range' && MISSING_CODES.has(text))
    return '; if it means "not measured", leave the cell empty or list the code in an import profile';
  if (code !== 'out-of-range' && OTHER_MISSING_WORDS.test(text))
    return '; for "not measured" leave it empty or write ?, NA or NaN';
  return '';
}

/** The end of a sentence that begins with the feature and what was received. */
export function valueErrorText(code: ValueErrorCode, { integer, min, max }: Feature): string {
  const kind = integer ? 'a whole number' : 'a number';
  return code === 'out-of-range' ? `is outside ${min} to ${max}` : `is not ${kind} from ${min} to ${max}`;
}
