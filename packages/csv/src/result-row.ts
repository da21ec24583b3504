import { cellOffsets, closingQuoteByte } from './cells';
import { QUOTE, delimiterByte, type Dialect } from './dialect';
import { asBuffer } from './encoding';
import { FORMULA_BYTES } from './formulas';
import type { ByteWriter } from './writer';

export interface ResultRowOptions {
  /** Number of cells in the header: shorter rows are padded with empty cells, longer ones cut. */
  columns: number;
  /** 'escape': text that a spreadsheet would run as a formula gets a leading `'`. */
  formulas: 'escape' | 'keep';
  /** Columns to leave empty, whatever the row has there. */
  blank?: ReadonlySet<number>;
}

const APOSTROPHE = "'".charCodeAt(0);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Carries the data row [start, end) of the input into a result file, without its line end. Cells that need no
 * guard stay byte for byte as they came, quotes included. A cell with malformed quotes becomes text, its quotes
 * among it, so that every row of the result can be read.
 */
export function writeRow(writer: ByteWriter, bytes: Uint8Array, start: number, end: number, dialect: Dialect, options: ResultRowOptions): void {
  if (options.blank !== undefined || !copyRow(writer, bytes, start, end, delimiterByte(dialect.delimiter), options)) {
    writeCells(writer, asBuffer(bytes).subarray(start, end), dialect, options);
  }
}

/** Copies the row while looking whether it may be copied; writes nothing and returns false if not. */
function copyRow(writer: ByteWriter, bytes: Uint8Array, start: number, end: number, delimiter: number, options: ResultRowOptions): boolean {
  const guarded = options.formulas === 'escape';
  const target = writer.reserve(end - start);
  let to = writer.length;
  let cells = 1;
  let atCellStart = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    target[to++] = byte;
    if (byte === delimiter) {
      cells++;
      atCellStart = true;
    } else if (byte === QUOTE) {
      return false;
    } else if (atCellStart) {
      if (guarded && FORMULA_BYTES[byte] === 1 && !isNumber(bytes, at, endOfCell(bytes, at, end, delimiter))) return false;
      atCellStart = false;
    }
  }
  if (cells !== options.columns) return false;
  writer.advance(end - start);
  return true;
}

function writeCells(writer: ByteWriter, record: Buffer, dialect: Dialect, { columns, formulas, blank }: ResultRowOptions): void {
  const offsets = cellOffsets(record, dialect);
  const delimiter = delimiterByte(dialect.delimiter);
  for (let column = 0; column < columns; column++) {
    if (column > 0) writer.byte(delimiter);
    if (2 * column >= offsets.length || blank?.has(column) === true) continue;
    const start = offsets[2 * column];
    const end = offsets[2 * column + 1];
    if (isMalformed(record, start, end)) writer.cell(record.toString('utf8', start, end), dialect.delimiter);
    else writeCell(writer, record, start, end, formulas === 'escape');
  }
}

function isMalformed(record: Uint8Array, start: number, end: number): boolean {
  return start < end && record[start] === QUOTE && closingQuoteByte(record, start) !== end - 1;
}

function writeCell(writer: ByteWriter, record: Buffer, start: number, end: number, guarded: boolean): void {
  const quoted = start < end && record[start] === QUOTE;
  const textStart = quoted ? start + 1 : start;
  const textEnd = quoted ? end - 1 : end;
  const isFormula = guarded && textStart < textEnd && FORMULA_BYTES[record[textStart]] === 1 && !isNumber(record, textStart, textEnd);
  if (!isFormula) return writer.bytes(record, start, end);
  if (quoted) writer.byte(QUOTE);
  writer.byte(APOSTROPHE);
  writer.bytes(record, textStart, end);
}

function endOfCell(bytes: Uint8Array, start: number, end: number, delimiter: number): number {
  let at = start;
  while (at < end && bytes[at] !== delimiter) at++;
  return at;
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  return NUMBER.test(asBuffer(bytes).toString('utf8', start, end).trim());
}
