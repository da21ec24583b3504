import { cellOffsets, findClosingQuote } from '../read/cells';
import { QUOTE, delimiterByte, type Dialect } from '../dialect';
import { asBuffer } from '../encoding';
import { FORMULA_STARTS } from './formulas';
import type { ByteWriter } from './byte-writer';

export interface ResultRowOptions {
  /** Number of cells in the header: shorter rows are padded with empty cells, longer ones cut. */
  columns: number;
  /** 'escape': text that a spreadsheet would run as a formula gets a leading `'`. */
  formulas: 'escape' | 'keep';
  /** Columns to leave empty, whatever the row has there. */
  blankColumns?: ReadonlySet<number>;
}

const APOSTROPHE = "'".charCodeAt(0);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Copies the data row [start, end) of the input into a result file, without its line end. A cell stays byte for byte as
 * it came, quotes included, unless it must be escaped as a formula. A cell with malformed quotes becomes quoted text
 * that includes these quotes, so that every row of the result can be read.
 */
export function writeInputRow(
  writer: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  options: ResultRowOptions,
): void {
  if (
    options.blankColumns !== undefined ||
    !tryCopyRow(writer, bytes, start, end, delimiterByte(dialect.delimiter), options)
  ) {
    writeCells(writer, asBuffer(bytes).subarray(start, end), dialect, options);
  }
}

/** Copies the row while looking whether it may be copied; writes nothing and returns false if not. */
function tryCopyRow(
  writer: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiter: number,
  options: ResultRowOptions,
): boolean {
  const escapeFormulas = options.formulas === 'escape';
  const target = writer.reserve(end - start);
  let to = writer.length;
  let cells = 1;
  let atCellStart = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    target[to++] = byte;
    if (byte === delimiter) {
      cells++;
      atCellStart = true;
    } else if (byte === QUOTE) {
      return false;
    } else if (atCellStart) {
      if (escapeFormulas && FORMULA_STARTS[byte] === 1 && !isNumber(bytes, at, endOfCell(bytes, at, end, delimiter)))
        return false;
      atCellStart = false;
    }
  }
  if (cells !== options.columns) return false;
  writer.advance(end - start);
  return true;
}

function writeCells(
  writer: ByteWriter,
  row: Buffer,
  dialect: Dialect,
  { columns, formulas, blankColumns }: ResultRowOptions,
): void {
  const offsets = cellOffsets(row, dialect);
  const delimiter = delimiterByte(dialect.delimiter);
  for (let column = 0; column < columns; column++) {
    if (column > 0) writer.byte(delimiter);
    const start = offsets[2 * column];
    const end = offsets[2 * column + 1];
    if (start === undefined || end === undefined || blankColumns?.has(column) === true) continue;
    if (isMalformed(row, start, end)) writer.cell(row.toString('utf8', start, end), dialect.delimiter);
    else writeCell(writer, row, start, end, formulas === 'escape');
  }
}

function isMalformed(row: Uint8Array, start: number, end: number): boolean {
  return start < end && row[start] === QUOTE && findClosingQuote(row, start) !== end - 1;
}

function writeCell(writer: ByteWriter, row: Buffer, start: number, end: number, escapeFormulas: boolean): void {
  const quoted = start < end && row[start] === QUOTE;
  const textStart = quoted ? start + 1 : start;
  const textEnd = quoted ? end - 1 : end;
  const isFormula =
    escapeFormulas &&
    textStart < textEnd &&
    FORMULA_STARTS[row[textStart]!] === 1 &&
    !isNumber(row, textStart, textEnd);
  if (!isFormula) return writer.bytes(row, start, end);
  if (quoted) writer.byte(QUOTE);
  writer.byte(APOSTROPHE);
  writer.bytes(row, textStart, end);
}

function endOfCell(bytes: Uint8Array, start: number, end: number, delimiter: number): number {
  let at = start;
  while (at < end && bytes[at] !== delimiter) at++;
  return at;
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  return NUMBER.test(asBuffer(bytes).toString('utf8', start, end).trim());
}
