import { QUOTE, delimiterByte, type Delimiter, type Dialect } from '../dialect';
import { asBuffer } from '../encoding';
import { CsvError } from '../error';

/**
 * The decoded cells of one row (given without its line end), as csv-parse with `relax_column_count` reads them.
 * A quote inside an unquoted cell is literal, as in `5" mass`.
 * @throws CsvError `malformed-quotes` when a quoted cell does not close, or text follows its closing quote.
 */
export function parseCells(row: Uint8Array, dialect: Dialect): string[] {
  const text = asBuffer(row).toString();
  if (!text.includes('"')) return text.split(dialect.delimiter);
  const cells: string[] = [];
  for (let at = 0; at <= text.length; at++) {
    const quoted = text.charCodeAt(at) === QUOTE;
    const end = quoted
      ? closingQuote(text, at, dialect.delimiter, cells.length)
      : endOfUnquotedCell(text, at, dialect.delimiter);
    cells.push(quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end));
    at = quoted ? end + 1 : end;
  }
  return cells;
}

/**
 * Where the raw cells of one row lie, quotes included: start and end of the first, of the second, and so on.
 * Never throws; text after a closing quote belongs to its cell.
 */
export function cellOffsets(row: Uint8Array, dialect: Dialect): number[] {
  const delimiter = delimiterByte(dialect.delimiter);
  const offsets: number[] = [];
  for (let start = 0; start <= row.length; start++) {
    let end = row[start] === QUOTE ? endOfQuotedCell(row, start) : start;
    while (end < row.length && row[end] !== delimiter) end++;
    offsets.push(start, end);
    start = end;
  }
  return offsets;
}

/** Index of the quote that closes the cell opened at `opening`; -1 when none does. */
export function findClosingQuote(row: Uint8Array, opening: number): number {
  let at = row.indexOf(QUOTE, opening + 1);
  while (at >= 0 && row[at + 1] === QUOTE) at = row.indexOf(QUOTE, at + 2);
  return at;
}

function endOfUnquotedCell(text: string, start: number, delimiter: Delimiter): number {
  const end = text.indexOf(delimiter, start);
  return end < 0 ? text.length : end;
}

function closingQuote(text: string, opening: number, delimiter: Delimiter, index: number): number {
  let at = text.indexOf('"', opening + 1);
  while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  if (at < 0) throw malformed(`the quote that opens cell ${index + 1} is never closed`);
  if (at + 1 < text.length && text[at + 1] !== delimiter)
    throw malformed(`text follows the closing quote of cell ${index + 1}`);
  return at;
}

function endOfQuotedCell(row: Uint8Array, opening: number): number {
  const closing = findClosingQuote(row, opening);
  return closing < 0 ? row.length : closing + 1;
}

function malformed(message: string): CsvError {
  return new CsvError('malformed-quotes', message);
}
