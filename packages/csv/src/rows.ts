import { CR, QUOTE, SPACE, TAB, delimiterByte, lineByte, type Dialect } from './dialect';
import { FORMULA_BYTES } from './formulas';
import { RecordScanner } from './records';

/** The rows of a shard in flat arrays. Every index is a row, every offset a byte of the shard. */
export interface RowTable {
  rows: number;
  /** The row's content is [start, end), its line end [end, next). */
  start: Uint32Array;
  end: Uint32Array;
  next: Uint32Array;
  /** rows × wanted.length, row-major: 1..maxValue, or 0 for a missing token; all 0 where the row is not plain. */
  values: Uint8Array;
  /** 1: `values` is the answer. 0: the caller reads the cells, because of a quote, the number of cells or some other value. */
  plain: Uint8Array;
  /** 1 on plain rows of which no cell begins as a formula would: a result file may carry them as they are. */
  verbatim: Uint8Array;
}

export interface RowOptions {
  /** Number of cells in the header. */
  columns: number;
  /** Column index per feature, in any order, each once. */
  wanted: ArrayLike<number>;
  /** 1..255. */
  maxValue: number;
  /** ASCII, e.g. '', '?', 'NA'. */
  missing: readonly string[];
}

/** What a cell may say for its row to be plain. */
interface Grammar {
  maxValue: number;
  missing: Uint8Array[];
  /** Answers for cells of one byte, which are nearly all of them. */
  single: Int16Array;
}

const NOT_PLAIN = -1;
const DIGIT_0 = 48;
const POINT = 46;
/** Shorter than what labs send, so that the arrays rarely grow. */
const ASSUMED_ROW_BYTES = 20;

/**
 * One pass over the bytes of a shard without a string or an object per row. Empty lines are no rows.
 * A plain cell is, between blanks, an integer 1..maxValue (leading zeros and `.0` allowed) or a missing token.
 * @throws RangeError when `wanted` names a column twice or one that the header has not.
 */
export function readRows(bytes: Uint8Array, dialect: Dialect, options: RowOptions): RowTable {
  return new RowReader(bytes, dialect, options).read();
}

class RowReader {
  private readonly delimiter: number;
  private readonly line: number;
  private readonly scanner: RecordScanner;
  private readonly columns: number;
  private readonly width: number;
  /** Per column of the header its place in a row of `values`, or -1. */
  private readonly slots: Int32Array;
  private readonly grammar: Grammar;
  /** 1 for the bytes that end a run of cell content. */
  private readonly stops = new Uint8Array(256);
  private table: RowTable;

  constructor(private readonly bytes: Uint8Array, dialect: Dialect, options: RowOptions) {
    this.delimiter = delimiterByte(dialect.delimiter);
    this.line = lineByte(dialect.lineEnd);
    this.scanner = new RecordScanner(this.delimiter, this.line);
    this.columns = options.columns;
    this.width = options.wanted.length;
    this.slots = slotPerColumn(options);
    this.grammar = createGrammar(options);
    this.stops[this.delimiter] = this.stops[this.line] = this.stops[QUOTE] = 1;
    this.table = resized(undefined, Math.ceil(bytes.length / ASSUMED_ROW_BYTES) + 1, this.width);
  }

  read(): RowTable {
    const { bytes, width } = this;
    let at = 0;
    while (at < bytes.length) {
      if (this.table.rows === this.table.plain.length) this.table = resized(this.table, this.table.rows * 2, width);
      const { table } = this;
      const row = table.rows;
      const plainEnd = this.readPlainRow(at, row);
      const lineAt = plainEnd >= 0 ? plainEnd : this.endOfRecord(at);
      const end = this.endOfContent(at, lineAt);
      if (end > at) {
        table.start[row] = at;
        table.end[row] = end;
        table.next[row] = Math.min(lineAt + 1, bytes.length);
        if (plainEnd >= 0) table.plain[row] = 1;
        else clearRow(table, row, width);
        table.rows++;
      }
      at = lineAt + 1;
    }
    return resized(this.table, this.table.rows, width);
  }

  /** Fills one row of `values` and of `verbatim`; returns where its line end is (or would be), or -1 when the row is not plain. */
  private readPlainRow(start: number, row: number): number {
    const { bytes, delimiter, line, columns, slots, stops, grammar } = this;
    const { single } = grammar;
    const { values, verbatim } = this.table;
    const valuesAt = row * this.width;
    const length = bytes.length;
    let at = start;
    let guarded = 0;
    for (let column = 0; column < columns; column++) {
      const cellStart = at;
      while (at < length && stops[bytes[at]] === 0) at++;
      const stop = at < length ? bytes[at] : line;
      if (stop !== (column === columns - 1 ? line : delimiter)) return -1;
      // Of an empty cell this is the byte behind it: at worst the row is looked at again when it is written.
      guarded |= FORMULA_BYTES[bytes[cellStart]];
      const slot = slots[column];
      if (slot >= 0) {
        const cellEnd = stop === line ? this.endOfContent(cellStart, at) : at;
        const value = cellEnd - cellStart === 1 ? single[bytes[cellStart]] : readValue(bytes, cellStart, cellEnd, grammar);
        if (value === NOT_PLAIN) return -1;
        values[valuesAt + slot] = value;
      }
      at++;
    }
    verbatim[row] = 1 - guarded;
    return at - 1;
  }

  private endOfRecord(start: number): number {
    this.scanner.reset();
    const at = this.scanner.next(this.bytes, start);
    return at < 0 ? this.bytes.length : at;
  }

  /** The CR of a CRLF is no content; a CR at the end of the bytes is. */
  private endOfContent(start: number, lineAt: number): number {
    const crlf = lineAt > start && lineAt < this.bytes.length && this.bytes[lineAt - 1] === CR;
    return crlf ? lineAt - 1 : lineAt;
  }
}

function slotPerColumn({ wanted, columns }: RowOptions): Int32Array {
  const slots = new Int32Array(columns).fill(-1);
  for (let slot = 0; slot < wanted.length; slot++) {
    if (slots[wanted[slot]] !== -1) throw new RangeError(`wanted column ${wanted[slot]} is not one of ${columns} or given twice`);
    slots[wanted[slot]] = slot;
  }
  return slots;
}

function createGrammar({ maxValue, missing }: RowOptions): Grammar {
  const grammar: Grammar = { maxValue, missing: missing.map((token) => Buffer.from(token)), single: new Int16Array(256) };
  for (let byte = 0; byte < 256; byte++) grammar.single[byte] = readValue(Uint8Array.of(byte), 0, 1, grammar);
  return grammar;
}

/** 1..maxValue, 0 for a missing token, or NOT_PLAIN. */
function readValue(bytes: Uint8Array, cellStart: number, cellEnd: number, grammar: Grammar): number {
  let start = cellStart;
  let end = cellEnd;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  const value = readInteger(bytes, start, end, grammar.maxValue);
  if (value > 0) return value;
  return grammar.missing.some((token) => equalsToken(bytes, start, end, token)) ? 0 : NOT_PLAIN;
}

/** 0 when the bytes are no integer 1..maxValue. */
function readInteger(bytes: Uint8Array, start: number, end: number, maxValue: number): number {
  let value = 0;
  let at = start;
  for (; at < end && isDigit(bytes[at]); at++) {
    value = value * 10 + bytes[at] - DIGIT_0;
    if (value > maxValue) return 0;
  }
  if (at === end) return value;
  // pandas writes the integers of a column with gaps as 5.0
  if (at === start || bytes[at] !== POINT || at + 1 === end) return 0;
  for (at++; at < end; at++) if (bytes[at] !== DIGIT_0) return 0;
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_0 + 9;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function equalsToken(bytes: Uint8Array, start: number, end: number, token: Uint8Array): boolean {
  if (end - start !== token.length) return false;
  for (let index = 0; index < token.length; index++) if (bytes[start + index] !== token[index]) return false;
  return true;
}

/** What was read of a row before it proved not to be plain, or of an empty line in its place. */
function clearRow({ values, verbatim }: RowTable, row: number, width: number): void {
  values.fill(0, row * width, row * width + width);
  verbatim[row] = 0;
}

/** A table with room for `capacity` rows that begins with those of `from`. */
function resized(from: RowTable | undefined, capacity: number, width: number): RowTable {
  return {
    rows: from?.rows ?? 0,
    start: resizedArray(Uint32Array, from?.start, capacity),
    end: resizedArray(Uint32Array, from?.end, capacity),
    next: resizedArray(Uint32Array, from?.next, capacity),
    values: resizedArray(Uint8Array, from?.values, capacity * width),
    plain: resizedArray(Uint8Array, from?.plain, capacity),
    verbatim: resizedArray(Uint8Array, from?.verbatim, capacity),
  };
}

function resizedArray<T extends Uint8Array | Uint32Array>(type: new (length: number) => T, from: T | undefined, length: number): T {
  if (from !== undefined && length <= from.length) return from.subarray(0, length) as T;
  const array = new type(length);
  if (from !== undefined) array.set(from);
  return array;
}
