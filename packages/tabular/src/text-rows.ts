import {
  type Dialect,
  type LineEnd,
  CsvError,
  RowScanner,
  asBuffer,
  cellOffsets,
  countByte,
  lineEndByte,
  parseCells,
} from '@cytoqueue/csv';
import { TabularError } from './error';
import { isBlank } from './records';
import type { ColumnSeparator } from './settings';
import type { SourceRow } from './source';

export interface TextDialect {
  delimiter: ColumnSeparator;
  lineEnd: LineEnd;
  /** A lone CR outside of quotes ends a row too, see `endsRowsByCr`. */
  mixed?: boolean;
}

const LF = 10;
const CR = 13;
const CTRL_Z = 0x1a;
const QUOTE = '"';
const QUOTE_BYTE = 34;

/**
 * Cuts UTF-8 bytes into rows by the rules of packages/csv, whose reader and scanner it uses. Empty lines are rows of
 * one empty cell; equal blank rows of a chunk that follow each other are one row with their count. Memory: the bytes of
 * one row beside the chunk.
 */
export class TextRows {
  private readonly scanner: RowScanner;
  private readonly lineByte: number;
  private readonly csvDialect: Dialect;
  private rest: Buffer = Buffer.alloc(0);
  private line = 1;
  /** A lone CR, or the CR of a CR LF, has ended the row before. */
  private isBehindCr = false;
  /** The last row, if it is blank and stands on one line. */
  private blankRow: { row: SourceRow & { count: number }; bytes: Buffer } | undefined;
  /** DOS programs end a file with this byte. */
  endsWithCtrlZ = false;

  constructor(
    private readonly dialect: TextDialect,
    private readonly maxRowBytes: number,
  ) {
    this.lineByte = lineEndByte(dialect.lineEnd);
    // The readers of packages/csv take any single character.
    this.csvDialect = { ...dialect, bom: false } as Dialect;
    this.scanner = new RowScanner(dialect.delimiter.charCodeAt(0), this.lineByte, dialect.mixed ? CR : undefined);
  }

  /** The rows that the chunk completes, no more than `limit`; rows after these are then lost. */
  push(chunk: Uint8Array, limit = Number.POSITIVE_INFINITY): SourceRow[] {
    const bytes = asBuffer(chunk);
    const rows: SourceRow[] = [];
    let start = 0;
    this.blankRow = undefined;
    for (
      let at = this.scanner.findRowEnd(bytes, 0);
      at >= 0 && rows.length < limit;
      at = this.scanner.findRowEnd(bytes, start)
    ) {
      if (this.rest.length === 0 && !this.isBehindCr && this.countBlankRow(bytes, start, at)) {
        this.isBehindCr = this.dialect.mixed === true && bytes[at] === CR;
        start = at + 1;
        continue;
      }
      const part = bytes.subarray(start, at);
      const row = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
      // The LF of a CR LF whose CR has ended the row.
      const isSecondHalf = this.isBehindCr && row.length === 0 && bytes[at] === LF;
      if (!isSecondHalf) {
        const source = this.readRow(row);
        this.rememberBlankRow(source, row);
        rows.push(source);
      }
      this.isBehindCr = this.dialect.mixed === true && bytes[at] === CR;
      this.rest = Buffer.alloc(0);
      start = at + 1;
    }
    this.rest =
      this.rest.length === 0 ? Buffer.from(bytes.subarray(start)) : Buffer.concat([this.rest, bytes.subarray(start)]);
    if (this.rest.length > this.maxRowBytes) throw this.tooLong();
    return rows;
  }

  /** The bytes so far end inside a quoted cell. */
  get isOpen(): boolean {
    return this.scanner.insideQuotes;
  }

  /** The last row, where it has no line end. @throws TabularError `unclosed-quote` */
  end(): SourceRow[] {
    if (this.isOpen) {
      throw new TabularError('unclosed-quote', `line ${this.line} opens a quote that is never closed`, {
        line: this.line,
      });
    }
    // CP/M and DOS fill up the last block with it.
    const length = this.rest.findLastIndex((byte) => byte !== CTRL_Z) + 1;
    this.endsWithCtrlZ = length < this.rest.length;
    const record = this.rest.subarray(0, length);
    this.rest = Buffer.alloc(0);
    return record.length === 0 ? [] : [this.readRow(record)];
  }

  private rememberBlankRow(row: SourceRow, bytes: Buffer): void {
    const isOneBlankLine = row.fault === undefined && row.lines === 1 && isBlank(row.cells);
    this.blankRow = isOneBlankLine ? { row: Object.assign(row, { count: 1 }), bytes } : undefined;
  }

  /** Counts these bytes to the row before if that is blank and they are equal to it. */
  private countBlankRow(bytes: Buffer, start: number, end: number): boolean {
    const { blankRow } = this;
    if (blankRow === undefined || end - start !== blankRow.bytes.length) return false;
    for (let at = start; at < end; at++) if (bytes[at] !== blankRow.bytes[at - start]) return false;
    blankRow.row.count++;
    this.line++;
    return true;
  }

  private readRow(bytes: Buffer): SourceRow {
    if (bytes.length > this.maxRowBytes) throw this.tooLong();
    const record = this.lineByte === LF && bytes[bytes.length - 1] === CR ? bytes.subarray(0, -1) : bytes;
    const { line, dialect } = this;
    // Only a quoted cell can hold a line end.
    const lines = 1 + (record.includes(QUOTE_BYTE) ? countByte(record, this.lineByte) : 0);
    this.line += lines;
    try {
      const cells = parseCells(record, this.csvDialect);
      // A run of blanks is one delimiter.
      return dialect.delimiter === ' '
        ? { cells: cells.filter((cell) => cell !== ''), line, lines }
        : { cells, line, lines, raw: record };
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return {
        cells: rawCells(record, this.csvDialect),
        line,
        lines,
        fault: { code: error.code, detail: error.message },
      };
    }
  }

  private tooLong(): TabularError {
    const message = `the row that starts in line ${this.line} is longer than ${this.maxRowBytes} bytes; a quote that is never closed can be the cause`;
    return new TabularError('row-too-long', message, { line: this.line });
  }
}

/** Reads a record of malformed quotes: every cell as text, quotes included. */
function rawCells(record: Buffer, dialect: Dialect): string[] {
  const offsets = cellOffsets(record, dialect);
  return Array.from({ length: offsets.length / 2 }, (_, cell) => {
    const text = record.toString('utf8', offsets[2 * cell], offsets[2 * cell + 1]);
    const closed = text.length > 1 && text.startsWith(QUOTE) && /^"(?:[^"]|"")*"$/.test(text);
    return closed ? text.slice(1, -1).replaceAll('""', QUOTE) : text;
  });
}

/** Cuts at each CR outside of quoted cells but the last byte, which belongs to the line end. */
function splitAtCr(bytes: Buffer, delimiter: number): Buffer[] {
  const scanner = new RowScanner(delimiter, CR);
  const rows: Buffer[] = [];
  let start = 0;
  for (let at = scanner.findRowEnd(bytes, 0); at >= 0 && at + 1 < bytes.length; at = scanner.findRowEnd(bytes, start)) {
    rows.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...rows, bytes.subarray(start)];
}

/**
 * Whether the first line with a lone CR consists of rows of equally many cells: a file that was joined from parts with
 * different line ends, or one that ends rows by CR CR LF. Elsewhere a lone CR is part of a cell.
 */
export function endsRowsByCr(prefix: Buffer, delimiter: ColumnSeparator): boolean {
  const at = findLoneCr(prefix);
  if (at < 0) return false;
  const end = prefix.indexOf(LF, at);
  const line = prefix.subarray(prefix.lastIndexOf(LF, at) + 1, end < 0 ? prefix.length : end);
  const pieces = splitAtCr(line, delimiter.charCodeAt(0));
  // Between CR CR LF, which Python writes on Windows, and behind LF CR nothing stands.
  const delimiters = pieces.filter(isFilled).map((piece) => countByte(piece, delimiter.charCodeAt(0)));
  return pieces.length > 1 && delimiters.every((count) => count > 0 && count === delimiters[0]);
}

function isFilled(piece: Buffer): boolean {
  return piece.length > 1 || (piece.length === 1 && piece[0] !== CR);
}

function findLoneCr(prefix: Buffer): number {
  if (!prefix.includes(LF)) return -1;
  let at = prefix.indexOf(CR);
  while (at >= 0 && at + 1 < prefix.length && prefix[at + 1] === LF) at = prefix.indexOf(CR, at + 2);
  return at + 1 < prefix.length ? at : -1;
}

/** The line end of a text by its first part: lone CR only where no LF stands in it. */
export function lineEndOf(prefix: Buffer): LineEnd {
  const feed = prefix.indexOf(LF);
  if (feed < 0) return prefix.includes(CR) ? '\r' : '\n';
  return prefix[feed - 1] === CR ? '\r\n' : '\n';
}
