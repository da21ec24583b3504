import { CR, QUOTE, delimiterByte, lineByte, type Dialect } from './dialect';
import { FORMULA_BYTES } from './formulas';
import { RecordScanner } from './records';
import type { RowOptions, RowTable } from './rows';
import { rowsWasm } from './wasm';

const PAGE_BYTES = 65_536;
/** Keeps numbers on their natural boundary. */
const ALIGNMENT = 64;
/** Code there copies eight bytes at a step. */
const SLACK_BYTES = 16;
/** Shorter than what labs send, so that the table rarely grows. */
const ASSUMED_ROW_BYTES = 20;

/** The table's columns in memory, and their bytes a row; those of `values` are as many as columns are wanted. */
const COLUMN_BYTES = { starts: 4, ends: 4, nexts: 4, missing: 4, values: 0, plain: 1, verbatim: 1, entries: 4, unanswered: 4 };
type Column = keyof typeof COLUMN_BYTES;
const COLUMNS = Object.keys(COLUMN_BYTES) as Column[];

let compiled: WebAssembly.Module | undefined;

/**
 * Memory with the code that reads rows into a table there and writes rows from there (`../assembly/rows.ts`). It grows to
 * some 2.5 times the largest shard that was read, and is given back with the kernel only.
 */
export class RowKernel {
  private readonly exports: WebAssembly.Instance['exports'];
  private readonly memory: WebAssembly.Memory;
  private view: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** Where the part begins that each read lays out anew. */
  private reserved = ALIGNMENT;
  private tableStart = 0;
  private width = 0;
  private capacity = 0;
  /** With room for `capacity` rows. */
  private table!: RowTable;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(rowsWasm, 'base64'));
    this.exports = new WebAssembly.Instance(compiled).exports;
    this.memory = this.exports.memory as WebAssembly.Memory;
  }

  /** All of the memory. Good until the next `read` or `reserve`. */
  get bytes(): Buffer<ArrayBuffer> {
    if (this.view.buffer !== this.memory.buffer) this.view = Buffer.from(this.memory.buffer);
    return this.view;
  }

  /** Memory that reads leave alone, zero at first; to be called before the first of them. @returns where it lies */
  reserve(size: number): number {
    const start = this.reserved;
    this.reserved = aligned(start + size);
    this.makeRoom(this.reserved);
    return start;
  }

  get(name: string): number {
    return (this.exports[name] as WebAssembly.Global).value as number;
  }

  set(values: Record<string, number>): void {
    for (const [name, value] of Object.entries(values)) (this.exports[name] as WebAssembly.Global).value = value;
  }

  call(name: string, ...parameters: number[]): number {
    return (this.exports[name] as (...parameters: number[]) => number)(...parameters);
  }

  /** As `readRows`, but the table lies in the kernel's own memory: good until the next read. */
  read(bytes: Uint8Array, dialect: Dialect, options: RowOptions): RowTable {
    this.layOut(bytes, dialect, options);
    const line = lineByte(dialect.lineEnd);
    const scanner = new RecordScanner(delimiterByte(dialect.delimiter), line);
    for (let at = 0; at < bytes.length; ) {
      at = this.call('readPlain', at);
      if (at < bytes.length) at = this.get('rows') === this.capacity ? this.doubleTable(at) : this.addRecord(bytes, at, scanner);
    }
    return this.filledTable();
  }

  /** Lays out settings, bytes and table, in this order. */
  private layOut(bytes: Uint8Array, dialect: Dialect, options: RowOptions): void {
    const settings = settingsOf(dialect, options);
    const places: Record<string, number> = {};
    let end = this.reserved;
    for (const [name, content] of Object.entries({ ...settings, input: bytes })) {
      places[name] = end;
      end = aligned(end + content.byteLength + SLACK_BYTES);
    }
    this.makeRoom(end);
    const memory = this.bytes;
    for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(settings)) memory.set(new Uint8Array(buffer, byteOffset, byteLength), places[name]);
    this.set({
      ...places,
      length: bytes.length,
      delimiter: delimiterByte(dialect.delimiter),
      line: lineByte(dialect.lineEnd),
      lineEndLength: dialect.lineEnd.length,
      columns: options.columns,
      width: options.wanted.length,
      maxValue: options.maxValue,
      tokenCount: options.missing.length,
      rows: 0,
    });
    this.call('readSingles');
    memory.set(bytes, places.input);
    memory.fill(0, places.input + bytes.length, places.input + bytes.length + SLACK_BYTES);
    this.tableStart = end;
    this.width = options.wanted.length;
    this.capacity = Math.ceil(bytes.length / ASSUMED_ROW_BYTES) + 1;
    this.placeTable();
  }

  /** @returns where each column lies now */
  private placeTable(): Record<Column, number> {
    const places = {} as Record<Column, number>;
    let end = this.tableStart;
    for (const column of COLUMNS) {
      places[column] = end;
      end = aligned(end + this.capacity * this.rowBytes(column) + SLACK_BYTES);
    }
    this.makeRoom(end);
    this.set({ ...places, capacity: this.capacity });
    this.table = this.tableAt(places);
    return places;
  }

  /** Makes room for twice as many rows; those that are there move up, the last column first. */
  private doubleTable(at: number): number {
    const rows = this.get('rows');
    const before = Object.fromEntries(COLUMNS.map((column) => [column, this.get(column)]));
    this.capacity *= 2;
    const after = this.placeTable();
    for (const column of COLUMNS.toReversed()) {
      this.bytes.copyWithin(after[column], before[column], before[column] + rows * this.rowBytes(column));
    }
    return at;
  }

  private rowBytes(column: Column): number {
    return column === 'values' ? this.width : COLUMN_BYTES[column];
  }

  /** Appends the record that begins at an offset, as a row that is not plain. @returns the offset behind it */
  private addRecord(bytes: Uint8Array, start: number, scanner: RecordScanner): number {
    scanner.reset();
    const found = scanner.next(bytes, start);
    const lineAt = found < 0 ? bytes.length : found;
    const end = lineAt > start && lineAt < bytes.length && bytes[lineAt - 1] === CR ? lineAt - 1 : lineAt;
    if (end > start) this.addRow(start, end, Math.min(lineAt + 1, bytes.length));
    return lineAt + 1;
  }

  private addRow(start: number, end: number, next: number): void {
    const row = this.get('rows');
    const { table, width } = this;
    table.start[row] = start;
    table.end[row] = end;
    table.next[row] = next;
    table.values.fill(0, row * width, (row + 1) * width);
    table.missing[row] = table.plain[row] = table.verbatim[row] = 0;
    this.set({ rows: row + 1 });
  }

  private tableAt(places: Record<Column, number>): RowTable {
    const { buffer } = this.memory;
    const { capacity } = this;
    return {
      rows: capacity,
      start: new Uint32Array(buffer, places.starts, capacity),
      end: new Uint32Array(buffer, places.ends, capacity),
      next: new Uint32Array(buffer, places.nexts, capacity),
      values: new Uint8Array(buffer, places.values, capacity * this.width),
      missing: new Uint32Array(buffer, places.missing, capacity),
      plain: new Uint8Array(buffer, places.plain, capacity),
      verbatim: new Uint8Array(buffer, places.verbatim, capacity),
    };
  }

  private filledTable(): RowTable {
    const rows = this.get('rows');
    const { start, end, next, values, missing, plain, verbatim } = this.table;
    return {
      rows,
      start: start.subarray(0, rows),
      end: end.subarray(0, rows),
      next: next.subarray(0, rows),
      values: values.subarray(0, rows * this.width),
      missing: missing.subarray(0, rows),
      plain: plain.subarray(0, rows),
      verbatim: verbatim.subarray(0, rows),
    };
  }

  private makeRoom(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}

/** The tables by which the code reads cells. */
function settingsOf({ delimiter, lineEnd }: Dialect, options: RowOptions) {
  const stops = new Uint8Array(256);
  for (const byte of [delimiterByte(delimiter), lineByte(lineEnd), QUOTE]) stops[byte] = 1;
  return {
    stops,
    formulas: FORMULA_BYTES,
    singles: new Int16Array(256),
    slots: slotPerColumn(options),
    tokens: Buffer.concat(options.missing.map((token) => Buffer.from([Buffer.byteLength(token), ...Buffer.from(token)]))),
    lineEnd: Buffer.from(lineEnd),
  };
}

function slotPerColumn({ wanted, columns }: RowOptions): Int32Array {
  const slots = new Int32Array(columns).fill(-1);
  for (let slot = 0; slot < wanted.length; slot++) {
    if (slots[wanted[slot]] !== -1) throw new RangeError(`wanted column ${wanted[slot]} is not one of ${columns} or given twice`);
    slots[wanted[slot]] = slot;
  }
  return slots;
}
