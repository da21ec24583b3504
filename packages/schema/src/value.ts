import type { Feature, Schema } from './schema';

export type ValueErrorCode = 'not-an-integer' | 'not-a-number' | 'out-of-range';

/** Whole numbers, also as `5.0` (pandas writes a column with gaps so), `5.` (Stata, Fortran) and `+5`. */
const INTEGER = /^[+-]?\d+(\.0*)?$/;
/** Scientific notation, which spreadsheets write for whole numbers in a column of that format. */
const EXPONENT = /^[+-]?\d+(\.\d*)?e[+-]?\d{1,3}$/i;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Parses a trimmed cell that is not a missing token.
 * @returns NaN when the text is not a number of the feature's kind
 */
export function parseCell(text: string, feature: Feature): number {
  const isNumber = feature.integer
    ? INTEGER.test(text) || (EXPONENT.test(text) && Number.isInteger(Number(text)))
    : DECIMAL.test(text);
  return isNumber ? Number(text) + 0 : NaN;
}

/** Case-insensitive words for "not measured", accepted in addition to the schema's own tokens. */
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
  '<null>',
  '#n/a',
  '#null!',
  'missing',
  'unknown',
]);

/** Whether a cell's plain text means "not measured". */
export function isMissing(text: string, { missingTokens }: Schema): boolean {
  return missingTokens.includes(text) || MISSING_WORDS.has(text.toLowerCase());
}

/** Errors of spreadsheets in any language, and the signs that they show where a column is too narrow. */
const SPREADSHEET_ERROR = /^#+$|^#[\p{Lu}/0]+[!?]$|^#NV$/u;

/** Whether an identifier's plain text names no record: it is blank, a word for a missing value, or an error of a spreadsheet. */
export function isNoIdentifier(id: string, schema: Schema): boolean {
  return id === '' || (!/\d$/.test(id) && (isMissing(id, schema) || SPREADSHEET_ERROR.test(id)));
}

/** Validates a measured value. NaN stands for text that is not a number. @returns undefined when the value is valid */
export function checkValue(value: number, feature: Feature): ValueErrorCode | undefined {
  if (feature.integer && value !== Math.round(value)) return 'not-an-integer';
  if (Number.isNaN(value)) return 'not-a-number';
  return value < feature.min || value > feature.max ? 'out-of-range' : undefined;
}

const DECIMAL_COMMA = /^-?\d+,\d+$/;
/** Codes by which statistics programs mark a missing value. */
const MISSING_CODES = new Set(['-9', '-99', '-999', '99', '999', '9999']);

/** Words that probably mean "not measured", but that are not accepted as such without a profile. */
const OTHER_MISSING_WORDS = /^(n\.?\s?[admu]\.?|not\b.*|k\.?\s?a\.?|-{2,}|no data)$/i;

/** Names English, German, French, Spanish, Italian and Portuguese months. */
const MONTH =
  '(jan|ene|gen|f[eé]v|feb|mar|mär|mrz|a[bpv]r|ma[giyj]|giu|ju[iln]|lug|ago|aoû|aug|se[pt]|o[ckt]t|out|nov|d[eéi]c|dez)[a-zéû]*\\.?';
/** Dates into which spreadsheets turn numbers and ranges. */
const DATE = new RegExp(
  `^(\\d{4}-\\d{2}-\\d{2}.*|\\d{1,2}[./-]\\d{1,2}[./-](\\d{2}|\\d{4})|\\d{1,2}[-. ]*${MONTH}([-. ]*\\d{2,4})?|${MONTH}[-. ]*\\d{1,4})$`,
  'i',
);
const OF_TEN = /^\d+ *\/ *10$/;

/** Suggests a fix to the sender, to be appended to the cell's error text; '' when the error text is sufficient. */
export function valueHint(text: string, code: ValueErrorCode): string {
  if (DECIMAL_COMMA.test(text)) return ' (it uses a decimal comma)';
  if (DATE.test(text)) return ' (it is a date, perhaps made from a number by a spreadsheet)';
  if (OF_TEN.test(text)) return ' (write the grade alone)';
  if (code === 'out-of-range' && MISSING_CODES.has(text))
    return '; if it means "not measured", leave the cell empty or list the code in an import profile';
  if (code !== 'out-of-range' && OTHER_MISSING_WORDS.test(text))
    return '; for "not measured" leave it empty or write ?, NA or NaN';
  return '';
}

/** Completes a sentence that begins with the feature and the received value. */
export function valueErrorText(code: ValueErrorCode, { integer, min, max }: Feature): string {
  const kind = integer ? 'a whole number' : 'a number';
  return code === 'out-of-range' ? `is outside ${min} to ${max}` : `is not ${kind} from ${min} to ${max}`;
}
