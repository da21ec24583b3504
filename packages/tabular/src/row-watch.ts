import {
  type Dialect,
  type QuickCheckCells,
  type ScannedRows,
  asBuffer,
  countByte,
  delimiterByte,
  lineEndByte,
  parseCells,
} from '@cytoqueue/csv';
import { type Schema, isNoIdentifier, plainText } from '@cytoqueue/schema';
import { isRounded } from './identifiers';
import type { Layout } from './layout';
import { isNameOfSummary } from './records';
import { Recognizer } from './recognizer';
import { ImportLog } from './report';
import { RowRules } from './rows';

const QUOTE = 34;
const CTRL_Z = 26;
const CR = 13;
const LF = 10;
const ZERO = 48;
const PLUS = 43;
/** The byte that ends rows in other files than those with this line end; rows of CR LF files all hold it. */
const OTHER_LINE_END = { '\n': CR, '\r': LF, '\r\n': undefined } as const;
/** A spreadsheet may have rounded a number with this many digits. */
const MIN_ROUNDED_DIGITS = 16;
/** A row whose cells count on up to this number may be one of column numbers (1, 2, 3 …): the import's rules decide. */
const COLUMN_NUMBERS_CHECKED = 7;
/** Longer than every name of a summary row. */
const MAX_SUMMARY_NAME_BYTES = 60;
const MAX_KNOWN_TEXTS = 1_000;

/**
 * Checks the rows of a plain file while it is uploaded, and finds those that only an import handles: blank rows,
 * repeated headers, rows that are not records. Nearly all rows pass after a check of two cells; the others are checked
 * by the import's rules. It also warns about ambiguous codes in the class column, and about rows of one identifier with
 * different classes.
 */
export class RowWatch {
  /** Set by the first such row: the file must be imported from its stored bytes. */
  needsImport = false;
  /** Warnings about the rows so far; they do not require an import. */
  readonly log = new ImportLog();
  private readonly rules: RowRules;
  private readonly delimiter: number;
  private readonly lineEndByte: number;
  private readonly otherLineEnd: number | undefined;
  /** Index of the first column of a feature. */
  private readonly featureColumn: number;
  /** Index of the identifier's column; without one, of the first column that is no feature, or -1. */
  private readonly identifierColumn: number;
  /** The larger of both indexes. */
  private readonly lastCheckedColumn: number;
  /** Whether the class column is still checked for ambiguous codes and for different classes of one identifier. */
  private checksLabels: boolean;
  private line: number;
  /** Rows so far, without empty lines. */
  rows = 0;
  /** Texts of the identifier column, and whether each is ordinary. */
  private readonly knownTexts = new Map<string, boolean>();

  constructor(
    private readonly layout: Layout,
    private readonly dialect: Dialect,
    private readonly schema: Schema,
  ) {
    const { roles, columns } = layout;
    // -1, because only data rows follow here.
    this.rules = new RowRules({ ...layout, headerIndex: -1 }, new Recognizer(schema), schema, [], this.log);
    this.delimiter = delimiterByte(dialect.delimiter);
    this.lineEndByte = lineEndByte(dialect.lineEnd);
    this.otherLineEnd = OTHER_LINE_END[dialect.lineEnd];
    this.featureColumn = Math.min(...roles.features);
    this.identifierColumn =
      roles.id >= 0 ? roles.id : columns.findIndex((_, column) => !roles.features.includes(column));
    this.checksLabels = roles.label >= 0;
    this.lastCheckedColumn = Math.max(this.featureColumn, this.identifierColumn);
    this.line = layout.firstLine;
  }

  /** One feature's cell and the identifier's cell: a row where both look ordinary needs no further check. */
  get quickCheckCells(): QuickCheckCells {
    return {
      delimiterByte: this.delimiter,
      featureColumn: this.featureColumn,
      identifierColumn: this.identifierColumn,
    };
  }

  /** Checks the next rows of a file. */
  checkRows(bytes: Uint8Array, rows: ScannedRows): void {
    const { start, ends, quoted } = rows;
    const rowsToCheck = this.addJoinedRows(asBuffer(bytes), rows);
    let next = 0;
    const passTo = (row: number) => {
      // While classes are compared, every row is read.
      for (; this.checksLabels && next < row; next++)
        this.passRow(bytes, next === 0 ? start : ends[next - 1]! + 1, ends[next]!);
      this.skipRows(row - next);
      next = row;
    };
    const count = rowsToCheck?.length ?? ends.length;
    for (let index = 0; index < count; index++) {
      const row = rowsToCheck?.[index] ?? index;
      passTo(row);
      this.checkRow(bytes, row === 0 ? start : ends[row - 1]! + 1, ends[row]!, quoted);
      next++;
    }
    passTo(ends.length);
  }

  /** Adds the rows that hold another line end: they may be several, of which two cells show nothing. */
  private addJoinedRows(bytes: Buffer, { ends, rowsToCheck }: ScannedRows): Uint32Array | undefined {
    const { otherLineEnd } = this;
    if (rowsToCheck === undefined || otherLineEnd === undefined || !bytes.includes(otherLineEnd)) return rowsToCheck;
    const rows = new Set(rowsToCheck);
    let row = 0;
    for (let at = bytes.indexOf(otherLineEnd); at >= 0; at = bytes.indexOf(otherLineEnd, (ends[row] ?? at) + 1)) {
      while (row < ends.length && ends[row]! < at) row++;
      if (row === ends.length) break;
      // The last byte of a row is the CR of a CR LF.
      if (at < ends[row]! - 1) rows.add(row);
    }
    return Uint32Array.from(rows).sort();
  }

  /** Counts a row that the test of two cells has passed, and compares its class. */
  private passRow(bytes: Uint8Array, start: number, end: number): void {
    this.rows++;
    this.compareLabels(bytes, start, bytes[end - 1] === CR ? end - 1 : end);
    this.line++;
  }

  private skipRows(count: number): void {
    this.rows += count;
    this.line += count;
  }

  private checkRow(bytes: Uint8Array, start: number, end: number, quoted: boolean): void {
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
    if (stop === start) return this.skipEmptyLine();
    this.rows++;
    // DOS programs end the last line with Ctrl-Z.
    if (bytes[stop - 1] === CTRL_Z) this.needsImport = true;
    if (this.passesQuickCheck(bytes, start, stop, quoted)) {
      if (this.checksLabels) this.compareLabels(bytes, start, stop);
      this.line++;
    } else this.applyImportRules(asBuffer(bytes).subarray(start, stop));
  }

  private skipEmptyLine(): void {
    this.line++;
    this.log.skipped.empty++;
  }

  /** Checks the class of a row that passed, and compares it with earlier rows of the same identifier. */
  private compareLabels(bytes: Uint8Array, start: number, end: number): void {
    const { identifiers, classCodes } = this.rules;
    const { roles } = this.layout;
    this.checksLabels = classCodes.isChecking || (roles.id >= 0 && identifiers.isComparing);
    const cells = this.readTwoCells(asBuffer(bytes), start, end);
    if (cells === undefined) return;
    const place = { row: this.rows, line: this.line };
    classCodes.check(cells.label, place);
    if (roles.id >= 0) identifiers.compare(plainText(cells.id), cells.label, place);
  }

  /** @returns undefined if the row has not as many cells as the header. */
  private readTwoCells(bytes: Buffer, start: number, end: number): { id: string; label: string } | undefined {
    const { columns, roles } = this.layout;
    let [id, label] = ['', ''];
    let column = 0;
    for (let at = start, cell = start; at <= end; at++) {
      const byte = at < end ? bytes[at]! : this.delimiter;
      if (byte === QUOTE) {
        const cells = this.cellsOf(bytes.subarray(start, end));
        return cells.length === columns.length ? { id: cells[roles.id] ?? '', label: cells[roles.label]! } : undefined;
      }
      if (byte !== this.delimiter) continue;
      if (column === roles.id) id = bytes.toString('utf8', cell, at);
      else if (column === roles.label) label = readShortText(bytes, cell, at);
      column++;
      cell = at + 1;
    }
    return column === columns.length ? { id, label } : undefined;
  }

  /** Reads only the two cells; like the check in WebAssembly, but for quoted rows too. */
  private passesQuickCheck(bytes: Uint8Array, start: number, end: number, quoted: boolean): boolean {
    const { delimiter, featureColumn, identifierColumn, lastCheckedColumn } = this;
    let at = start;
    for (let column = 0; column <= lastCheckedColumn; column++) {
      if (at > end) return false;
      const isQuoted = at < end && bytes[at] === QUOTE;
      const cell = isQuoted ? at + 1 : at;
      const closing = isQuoted ? QUOTE : delimiter;
      for (at = cell; at < end && bytes[at] !== closing;) at++;
      const cellEnd = at;
      if (isQuoted && (++at < end ? bytes[at] !== delimiter : at > end)) return false;
      if (column === featureColumn && !this.isValue(bytes, cell, cellEnd, end)) return false;
      if (column === identifierColumn && !this.isIdentifier(bytes, cell, cellEnd)) return false;
      at++;
    }
    const row = asBuffer(bytes).subarray(start, end);
    return !(quoted && row.includes(this.lineEndByte)) && !(this.otherLineEnd && row.includes(this.otherLineEnd));
  }

  /** Whether the cell begins like a number and does not start a sequence of column numbers. */
  private isValue(bytes: Uint8Array, start: number, end: number, rowEnd: number): boolean {
    const digit = bytes[start]! - ZERO;
    if (start === end || !(digit >= 0 && digit <= 9)) return false;
    if (end - start > 1)
      return this.featureColumn < 9 || Number(asBuffer(bytes).toString('latin1', start, end)) - this.featureColumn > 1;
    if (digit !== this.featureColumn && digit !== this.featureColumn + 1) return true;
    for (let at = end, next = digit + 1; next < COLUMN_NUMBERS_CHECKED; at += 2, next++)
      if (this.differs(bytes, at, rowEnd, next)) return true;
    return false;
  }

  /** Whether the cell after this delimiter begins with a digit other than this number. */
  private differs(bytes: Uint8Array, delimiter: number, rowEnd: number, number: number): boolean {
    if (delimiter + 1 >= rowEnd || bytes[delimiter] !== this.delimiter) return false;
    const digit = bytes[delimiter + 1]! - ZERO;
    return digit >= 0 && digit <= 9 && digit !== number;
  }

  /**
   * Whether the cell may identify a record: it ends with a digit, as identifiers do, or is not the name of a summary
   * row.
   */
  private isIdentifier(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const mayBeRounded = length >= MIN_ROUNDED_DIGITS || bytes[end - 3] === PLUS;
    if (length > 2 && isDigit(bytes[end - 1]!) && !mayBeRounded) return true;
    if (length > 0 && length <= 2 && isDigit(bytes[start]!) && isDigit(bytes[end - 1]!)) return true;
    if (length === 0 || length > MAX_SUMMARY_NAME_BYTES) return length > 0;
    return this.isOrdinary(asBuffer(bytes).toString('utf8', start, end));
  }

  /** Whether the text is neither blank nor a summary row's name nor a number that a spreadsheet has rounded. */
  private isOrdinary(text: string): boolean {
    const known = this.knownTexts.get(text);
    if (known !== undefined) return known;
    const plain = plainText(text);
    const isOrdinary = !isNoIdentifier(plain, this.schema) && !isNameOfSummary(text) && !isRounded(plain);
    if (this.knownTexts.size < MAX_KNOWN_TEXTS) this.knownTexts.set(text, isOrdinary);
    return isOrdinary;
  }

  private applyImportRules(rowBytes: Buffer): void {
    const lines = 1 + countByte(rowBytes, this.lineEndByte);
    const { line } = this;
    this.line += lines;
    if (this.needsImport) return;
    this.rules.rows = this.rows - 1;
    const row = this.rules.apply({ cells: this.cellsOf(rowBytes), line, lines });
    this.needsImport = row === undefined || row.fault?.code === 'not-a-record' || row.fault?.code === 'header-changed';
  }

  private cellsOf(rowBytes: Buffer): string[] {
    try {
      return parseCells(rowBytes, this.dialect);
    } catch {
      return [rowBytes.toString()];
    }
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Text of a cell that is mostly one character. */
function readShortText(bytes: Buffer, start: number, end: number): string {
  const byte = bytes[start]!;
  return end - start === 1 && byte < 0x80 ? String.fromCharCode(byte) : bytes.toString('utf8', start, end);
}
