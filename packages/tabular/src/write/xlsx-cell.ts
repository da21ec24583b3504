import type { ColumnType } from './result-table';

/** Excel repairs, and thereby empties, a workbook with a longer cell. */
const MAX_CELL_CHARS = 32_767;
const CUT = ' … (cut)';
/** A number as JavaScript prints a double; Excel keeps at most `MAX_DIGITS` digits. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]\d+)?$/;
const MAX_DIGITS = 15;

/** Writes the XML after a cell's `<c r="A1"`: its type and value, without the closing tag; '' for a blank cell. */
export function cellXml(cell: string, type: ColumnType): string {
  if (cell === '') return '';
  if (type === 'integer' || type === 'number' || (type === 'carried' && isExactNumber(cell))) return `><v>${cell}</v>`;
  return ` t="inlineStr"><is><t xml:space="preserve">${escapeText(cell)}</t></is>`;
}

/**
 * Numbers with more digits, such as identifiers, or with leading or trailing zeros that Excel would drop, stay text.
 */
function isExactNumber(cell: string): boolean {
  return (
    cell.length <= MAX_DIGITS + 8 &&
    NUMBER.test(cell) &&
    cell.replace(/e.*$/, '').replace(/\D/g, '').length <= MAX_DIGITS &&
    String(Number(cell)) === cell
  );
}

/**
 * XML has no place for control characters: Excel writes and reads them as `_x0007_`, and so must a text that looks
 * like one.
 */
function escapeText(text: string): string {
  const cut = text.length <= MAX_CELL_CHARS ? text : text.slice(0, MAX_CELL_CHARS - CUT.length) + CUT;
  return cut.replace(
    SPECIAL,
    (found) =>
      ENTITIES[found] ??
      (found.startsWith('_')
        ? `_x005F${found}`
        : `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`),
  );
}

/** Includes lone surrogates, and the underscore of a text that looks escaped. */
const SPECIAL = /[&<>\ufffe\uffff]|(?![\t\n])\p{Cc}|\p{Cs}|_(?=x[0-9A-Fa-f]{4}_)/gu;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
