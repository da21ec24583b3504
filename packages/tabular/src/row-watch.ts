import { type Dialect, asBuffer, cellOffsets, countByte, delimiterByte, lineEndByte, parseCells } from '@cytoqueue/csv';
import { type Schema, plainText } from '@cytoqueue/schema';
import { isRounded } from './identifiers';
import type { Layout } from './layout';
import { isNameOfSummary } from './records';
import { Recognizer } from './recognizer';
import { ImportLog } from './report';
import { RowRules } from './rows';

const QUOTE = 34;
const CTRL_Z = 26;
const CR = 13;
const ZERO = 48;
const PLUS = 43;
/** Digits beyond which a spreadsheet rounds. */
const LONG = 16;
/** Cells that go on counting up to here are looked at by the rules. */
const COMPARED = 7;
/** Longer than every word for a row that sums others up. */
const MAX_NAME_BYTES = 60;
const MAX_REMEMBERED_NAMES = 1_000;

/**
 * Watches the rows of a plain file while they stream by for those that only an import can treat: blank rows, headers, rows that are
 * no records. Nearly all rows are passed after a look at two cells; the others go through the import's own rules.
 */
export class RowWatch {
  /** Set by the first such row: the file is to be imported from its stored bytes. */
  isOdd = false;
  /** Warnings about the rows so far, which do not make a file odd. */
  readonly log = new ImportLog();
  private readonly rules: RowRules;
  private readonly delimiter: number;
  private readonly lineEndByte: number;
  private readonly feature: number;
  private readonly name: number;
  private readonly last: number;
  private compares: boolean;
  private line: number;
  /** Rows so far; empty lines are none. */
  rows = 0;
  private readonly names = new Map<string, boolean>();

  constructor(
    private readonly layout: Layout,
    private readonly dialect: Dialect,
    schema: Schema,
  ) {
    const { roles, columns } = layout;
    // The header's index counts among all rows; here only data rows come.
    this.rules = new RowRules({ ...layout, headerIndex: -1 }, new Recognizer(schema), schema, [], this.log);
    this.delimiter = delimiterByte(dialect.delimiter);
    this.lineEndByte = lineEndByte(dialect.lineEnd);
    this.feature = Math.min(...roles.features);
    this.name = roles.id >= 0 ? roles.id : columns.findIndex((_, column) => !roles.features.includes(column));
    this.compares = roles.id >= 0 && roles.label >= 0;
    this.last = Math.max(this.feature, this.name);
    this.line = layout.firstLine;
  }

  /**
   * Takes the next records of a file: the first begins at `start`, each next one behind the byte that ends the one before it.
   * @param ends where records end, without that byte
   * @param quoted quotes may stand in these bytes
   */
  records(bytes: Uint8Array, start: number, ends: Int32Array, count: number, quoted: boolean): void {
    for (let record = 0, from = start; record < count; from = ends[record++]! + 1) {
      if (!quoted && !this.compares) {
        const next = this.passPlain(bytes, from, ends, record, count);
        this.rows += next - record;
        this.line += next - record;
        if (next === count) return;
        if (next > record) from = ends[next - 1]! + 1;
        record = next;
      }
      this.record(bytes, from, ends[record]!, quoted);
    }
  }

  private record(bytes: Uint8Array, start: number, end: number, quoted: boolean): void {
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
    if (stop > start) this.rows++;
    // DOS programs end the last line with it.
    if (stop > start && bytes[stop - 1] === CTRL_Z) this.isOdd = true;
    if (this.isPlain(bytes, start, stop, quoted)) {
      if (this.compares) this.compare(bytes, start, stop);
      this.line++;
    } else this.inspect(asBuffer(bytes).subarray(start, stop));
  }

  /** @returns the first of these records of unquoted cells that needs a closer look; `count` where none does */
  private passPlain(bytes: Uint8Array, start: number, ends: Int32Array, first: number, count: number): number {
    const { delimiter, feature, name, last } = this;
    for (let record = first, at = start; record < count; record++) {
      const end = ends[record]!;
      for (let column = 0; column <= last; column++) {
        const cell = at;
        while (at < end && bytes[at] !== delimiter) at++;
        if (at === end) return record;
        if (column === feature) {
          const digit = bytes[cell]! - ZERO;
          const isOther = digit >= 0 && digit <= 9 && digit !== feature && digit !== feature + 1 && at - cell === 1;
          if (!isOther && !this.isValue(bytes, cell, at, end)) return record;
        } else if (
          column === name &&
          !(at - cell > 2 && at - cell < LONG && isDigit(bytes[at - 1]!) && bytes[at - 3] !== PLUS)
        )
          return record;
        at++;
      }
      if (bytes[end - 1] === CTRL_Z || bytes[end - 2] === CTRL_Z) return record;
      at = end + 1;
    }
    return count;
  }

  /** The identifier and the class of a row that needs no other look. */
  private compare(bytes: Uint8Array, start: number, end: number): void {
    const { identifiers } = this.rules;
    const { columns, roles } = this.layout;
    this.compares = identifiers.isComparing;
    const row = asBuffer(bytes).subarray(start, end);
    const offsets = cellOffsets(row, this.dialect);
    if (offsets.length !== 2 * columns.length) return;
    const cell = (column: number) => unquoted(row.toString('utf8', offsets[2 * column], offsets[2 * column + 1]));
    identifiers.compare(plainText(cell(roles.id)), cell(roles.label), { row: this.rows, line: this.line });
  }

  private isPlain(bytes: Uint8Array, start: number, end: number, quoted: boolean): boolean {
    const { delimiter, feature, name, last } = this;
    let at = start;
    for (let column = 0; column <= last; column++) {
      if (at > end) return false;
      const isQuoted = at < end && bytes[at] === QUOTE;
      const cell = isQuoted ? at + 1 : at;
      const closing = isQuoted ? QUOTE : delimiter;
      for (at = cell; at < end && bytes[at] !== closing;) at++;
      const cellEnd = at;
      if (isQuoted && (++at < end ? bytes[at] !== delimiter : at > end)) return false;
      if (column === feature && !this.isValue(bytes, cell, cellEnd, end)) return false;
      if (column === name && !this.isName(bytes, cell, cellEnd)) return false;
      at++;
    }
    return !(quoted && asBuffer(bytes).subarray(start, end).includes(this.lineEndByte));
  }

  /** Begins like a number, and is not the first of the columns' own numbers. */
  private isValue(bytes: Uint8Array, start: number, end: number, rowEnd: number): boolean {
    const digit = bytes[start]! - ZERO;
    if (start === end || !(digit >= 0 && digit <= 9)) return false;
    if (end - start > 1)
      return this.feature < 9 || Number(asBuffer(bytes).toString('latin1', start, end)) - this.feature > 1;
    if (digit !== this.feature && digit !== this.feature + 1) return true;
    for (let at = end, next = digit + 1; next < COMPARED; at += 2, next++)
      if (this.differs(bytes, at, rowEnd, next)) return true;
    return false;
  }

  /** Whether the cell behind this delimiter begins with a digit, and with another one than the number does. */
  private differs(bytes: Uint8Array, delimiter: number, rowEnd: number, number: number): boolean {
    if (delimiter + 1 >= rowEnd || bytes[delimiter] !== this.delimiter) return false;
    const digit = bytes[delimiter + 1]! - ZERO;
    return digit >= 0 && digit <= 9 && digit !== number;
  }

  /** Ends with a digit, as identifiers do, or is known to be no word for a row that sums others up. */
  private isName(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const mayBeRounded = length >= LONG || bytes[end - 3] === PLUS;
    if (length > 2 && isDigit(bytes[end - 1]!) && !mayBeRounded) return true;
    if (length > 0 && length <= 2 && isDigit(bytes[start]!) && isDigit(bytes[end - 1]!)) return true;
    if (length === 0 || length > MAX_NAME_BYTES) return length > 0;
    return this.isKnownName(asBuffer(bytes).toString('utf8', start, end));
  }

  private isKnownName(text: string): boolean {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    const isPlain = text.trim() !== '' && !isNameOfSummary(text) && !isRounded(plainText(text));
    if (this.names.size < MAX_REMEMBERED_NAMES) this.names.set(text, isPlain);
    return isPlain;
  }

  private inspect(record: Buffer): void {
    const lines = 1 + countByte(record, this.lineEndByte);
    const { line } = this;
    this.line += lines;
    if (this.isOdd) return;
    this.rules.rows = this.rows - (record.length > 0 ? 1 : 0);
    const row = this.rules.apply({ cells: this.cellsOf(record), line, lines });
    if (record.length === 0) return;
    this.isOdd = row === undefined || row.fault?.code === 'not-a-record' || row.fault?.code === 'header-changed';
  }

  private cellsOf(record: Buffer): string[] {
    try {
      return parseCells(record, this.dialect);
    } catch {
      return [record.toString()];
    }
  }
}

function unquoted(cell: string): string {
  return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
