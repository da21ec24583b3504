import { plainText } from '@cytoqueue/schema';

/** Number format of a file, decided once per file. */
export interface NumberFormat {
  decimal: '.' | ',';
  /**
   * The file groups thousands by a comma, or by a point if the comma is the decimal mark; blanks and apostrophes are
   * accepted too.
   */
  grouped: boolean;
}

/** Texts that are a number in only one of the formats. */
const DECIMAL_COMMA =
  /^[+-]?(\d{4,}|0|\d{1,3}([. '’\u00a0\u2009\u202f]\d{3})+),\d+(e[+-]?\d+)?$|^[+-]?\d{1,3},(\d{1,2}|\d{4,})(e[+-]?\d+)?$|^[+-]?\d{1,3},\d+e[+-]?\d+$|^[+-]?,\d+(e[+-]?\d+)?$/i;
const DECIMAL_POINT =
  /^[+-]?(\d{4,}|0|\d{1,3}([, '’\u00a0\u2009\u202f]\d{3})+)\.\d+(e[+-]?\d+)?$|^[+-]?\d{1,3}\.(\d{1,2}|\d{4,})(e[+-]?\d+)?$|^[+-]?\d{1,3}\.\d+e[+-]?\d+$|^[+-]?\.\d+(e[+-]?\d+)?$/i;
const COMMA_AND_THREE = /^[+-]?[1-9]\d{0,2},\d{3}$/;
const COMMA_GROUPS = /^[+-]?[1-9]\d{0,2}(,\d{3}){2,}$|^[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+$/;
const OTHER_GROUPS = /^[+-]?[1-9]\d{0,2}([ '’\u00a0\u2009\u202f]\d{3})+([.,]\d+)?$/;
const GROUPED_BY_COMMA = /^[+-]?\d{1,3}([, '’\u00a0\u2009\u202f])\d{3}(\1\d{3})*(\.\d+)?$/;
const WITH_COMMA = /^[+-]?((\d+|\d{1,3}([. '’\u00a0\u2009\u202f])\d{3}(\3\d{3})*)(,\d+)?|,\d+)(e[+-]?\d+)?$/i;
const WITH_POINT = /^[+-]?\d*\.\d+(e[+-]?\d+)?$/i;
const WHOLE = /^-?\d+$/;
const ANY_NUMBER = /^[+-]?((\d+|\d{1,3}([.,'’ \u00a0\u2009\u202f]\d{3})+)([.,]\d+|\.)?|[.,]\d+)(e[+-]?\d+)?$/i;

/** Whether a cell is a number in any supported format. */
export function looksNumeric(text: string): boolean {
  return WHOLE.test(text) || ANY_NUMBER.test(plainText(text));
}

/** Thrown when cells may be decimals or thousands and nothing in the file decides it. */
export interface NumberEvidence extends NumberFormat {
  ambiguous: boolean;
}

/**
 * Decides the number format by the feature cells of a file's first part.
 * @param largest value that the schema allows: below 1,000 no cell is grouped
 */
export function decideNumberFormat(cells: Iterable<string>, largest: number, declared?: '.' | ','): NumberEvidence {
  const count = { comma: 0, point: 0, either: 0, groups: 0 };
  for (const cell of cells) {
    if (WHOLE.test(cell)) continue;
    const text = plainText(cell);
    if (DECIMAL_COMMA.test(text)) count.comma++;
    else if (DECIMAL_POINT.test(text)) count.point++;
    else if (COMMA_AND_THREE.test(text)) count.either++;
    if (COMMA_GROUPS.test(text) || OTHER_GROUPS.test(text)) count.groups++;
  }
  const ambiguous = declared === undefined && count.either > 0 && count.comma + count.point + count.groups === 0;
  if (ambiguous && largest < 1_000) return { decimal: ',', grouped: true, ambiguous: false };
  const decimal = declared ?? (count.comma > count.point ? ',' : '.');
  const grouped = decimal === ',' || (!ambiguous && count.either + count.groups > 0);
  return { decimal, grouped, ambiguous };
}

/**
 * Rewrites a cell's number with a decimal point and without groups. Other texts stay unchanged; the schema checks them.
 */
export function canonicalNumber(cell: string, { decimal, grouped }: NumberFormat): string {
  if (WHOLE.test(cell) || (decimal === '.' && !grouped)) return cell;
  const text = plainText(cell);
  if (decimal === ',')
    return WITH_COMMA.test(text) ? text.replace(/[. '’\u00a0\u2009\u202f]/g, '').replace(',', '.') : cell;
  return GROUPED_BY_COMMA.test(text) ? text.replace(/[, '’\u00a0\u2009\u202f]/g, '') : cell;
}

/**
 * Whether a cell has a decimal point in a file of decimal commas that cannot be a thousands point; only the sender
 * knows its meaning.
 */
export function contradictsFormat(cell: string, { decimal }: NumberFormat): boolean {
  if (decimal !== ',' || !cell.includes('.')) return false;
  const text = plainText(cell);
  return WITH_POINT.test(text) && !WITH_COMMA.test(text);
}
