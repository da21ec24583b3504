import { CR, QUOTE, delimiterByte, lineEndByte, type Dialect } from '../dialect';
import { FORMULA_STARTS } from '../write/formulas';
import { RowScanner } from '../read/row-scanner';
import type { RowOptions, RowTable } from '../read/row-table';
import { rowsWasm } from './module';

const PAGE_BYTES = 65_536;
/** Keeps numbers on their natural boundary. */
const ALIGNMENT = 64;
/** The WebAssembly code copies eight bytes per step and may run past the end. */
const SLACK_BYTES = 16;
/** Shorter than the rows labs send, so that the table rarely grows. */
const ASSUMED_ROW_BYTES = 20;

/** The table's columns in memory with their bytes per row; `values` takes one byte per feature column. */
const COLUMN_BYTES = {
  starts: 4,
  ends: 4,
  rowEnds: 4,
  missingMasks: 4,
  values: 0,
  fastParsed: 1,
  copyable: 1,
  entries: 4,
  misses: 4,
};
type Column = keyof typeof COLUMN_BYTES;
const COLUMNS = Object.keys(COLUMN_BYTES) as Column[];

let compiled: WebAssembly.Module | undefined;

/**
 * WebAssembly memory and the code that reads rows into a table there and writes rows from it (`../assembly/rows.ts`).
 * It grows to some 2.5 times the largest shard read and is freed only with the reader.
 */
export class WasmRowReader {
  private readonly exports: WebAssembly.Instance['exports'];
  private readonly memory: WebAssembly.Memory;
  private view: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** Start of the memory that each read lays out again. */
  private reserved = ALIGNMENT;
  private tableStart = 0;
  private featureCount = 0;
  private capacity = 0;
  /** Holds up to `capacity` rows. */
  private table!: RowTable;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(rowsWasm, 'base64'));
    this.exports = new WebAssembly.Instance(compiled).exports;
    this.memory = this.exports.memory as WebAssembly.Memory;
  }

  /** All of the memory. Valid until the next `read` or `reserve`. */
  get bytes(): Buffer<ArrayBuffer> {
    if (this.view.buffer !== this.memory.buffer) this.view = Buffer.from(this.memory.buffer);
    return this.view;
  }

  /** Reserves zeroed memory that reads do not touch; call it before the first read. @returns its address */
  reserve(size: number): number {
    const start = this.reserved;
    this.reserved = aligned(start + size);
    this.growMemory(this.reserved);
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

  /** Does the same as `readRows`, but the table lies in the reader's own memory: valid until the next read. */
  read(bytes: Uint8Array, dialect: Dialect, options: RowOptions): RowTable {
    this.initMemory(bytes, dialect, options);
    const line = lineEndByte(dialect.lineEnd);
    const scanner = new RowScanner(delimiterByte(dialect.delimiter), line);
    for (let at = 0; at < bytes.length;) {
      at = this.call('readFastRows', at);
      if (at < bytes.length)
        at = this.get('rows') === this.capacity ? this.doubleTable(at) : this.parseSlowRow(bytes, at, scanner);
    }
    return this.filledTable();
  }

  /** Lays out settings, bytes and table, in this order. */
  private initMemory(bytes: Uint8Array, dialect: Dialect, options: RowOptions): void {
    let end = this.reserved;
    const settings = Object.entries(kernelSettings(dialect, options)).map(([name, content]) => {
      const address = end;
      end = aligned(end + content.byteLength + SLACK_BYTES);
      return { name, content, address };
    });
    const input = end;
    end = aligned(end + bytes.length + SLACK_BYTES);
    this.growMemory(end);
    const memory = this.bytes;
    for (const { content, address } of settings)
      memory.set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength), address);
    this.set({
      ...Object.fromEntries(settings.map(({ name, address }) => [name, address])),
      input,
      length: bytes.length,
      delimiter: delimiterByte(dialect.delimiter),
      line: lineEndByte(dialect.lineEnd),
      lineEndLength: dialect.lineEnd.length,
      columns: options.columns,
      featureCount: options.featureColumns.length,
      maxValue: options.maxValue,
      tokenCount: options.missingTokens.length,
      rows: 0,
    });
    this.call('fillSingleByteValues');
    memory.set(bytes, input);
    memory.fill(0, input + bytes.length, input + bytes.length + SLACK_BYTES);
    this.tableStart = end;
    this.featureCount = options.featureColumns.length;
    this.capacity = Math.ceil(bytes.length / ASSUMED_ROW_BYTES) + 1;
    this.allocateTable();
  }

  /** @returns the new address of each column */
  private allocateTable(): Record<Column, number> {
    const addresses = {} as Record<Column, number>;
    let end = this.tableStart;
    for (const column of COLUMNS) {
      addresses[column] = end;
      end = aligned(end + this.capacity * this.rowBytes(column) + SLACK_BYTES);
    }
    this.growMemory(end);
    this.set({ ...addresses, capacity: this.capacity });
    this.table = this.tableAt(addresses);
    return addresses;
  }

  /** Doubles the table's capacity and moves the existing rows up, the last column first. */
  private doubleTable(at: number): number {
    const rows = this.get('rows');
    const before = COLUMNS.map((column) => ({ column, start: this.get(column) }));
    this.capacity *= 2;
    const after = this.allocateTable();
    for (const { column, start } of before.toReversed())
      this.bytes.copyWithin(after[column], start, start + rows * this.rowBytes(column));
    return at;
  }

  private rowBytes(column: Column): number {
    return column === 'values' ? this.featureCount : COLUMN_BYTES[column];
  }

  /** Appends the row that begins at an offset, without fast parsing. @returns the offset after it */
  private parseSlowRow(bytes: Uint8Array, start: number, scanner: RowScanner): number {
    scanner.reset();
    const found = scanner.findRowEnd(bytes, start);
    const lineAt = found < 0 ? bytes.length : found;
    const end = lineAt > start && lineAt < bytes.length && bytes[lineAt - 1] === CR ? lineAt - 1 : lineAt;
    if (end > start) this.addRow(start, end, Math.min(lineAt + 1, bytes.length));
    return lineAt + 1;
  }

  private addRow(start: number, end: number, rowEnd: number): void {
    const row = this.get('rows');
    const { table, featureCount } = this;
    table.start[row] = start;
    table.end[row] = end;
    table.rowEnd[row] = rowEnd;
    table.values.fill(0, row * featureCount, (row + 1) * featureCount);
    table.missingMask[row] = table.fastParsed[row] = table.copyable[row] = 0;
    this.set({ rows: row + 1 });
  }

  private tableAt(addresses: Record<Column, number>): RowTable {
    const { buffer } = this.memory;
    const { capacity } = this;
    return {
      rows: capacity,
      start: new Uint32Array(buffer, addresses.starts, capacity),
      end: new Uint32Array(buffer, addresses.ends, capacity),
      rowEnd: new Uint32Array(buffer, addresses.rowEnds, capacity),
      values: new Uint8Array(buffer, addresses.values, capacity * this.featureCount),
      missingMask: new Uint32Array(buffer, addresses.missingMasks, capacity),
      fastParsed: new Uint8Array(buffer, addresses.fastParsed, capacity),
      copyable: new Uint8Array(buffer, addresses.copyable, capacity),
    };
  }

  private filledTable(): RowTable {
    const rows = this.get('rows');
    const { start, end, rowEnd, values, missingMask, fastParsed, copyable } = this.table;
    return {
      rows,
      start: start.subarray(0, rows),
      end: end.subarray(0, rows),
      rowEnd: rowEnd.subarray(0, rows),
      values: values.subarray(0, rows * this.featureCount),
      missingMask: missingMask.subarray(0, rows),
      fastParsed: fastParsed.subarray(0, rows),
      copyable: copyable.subarray(0, rows),
    };
  }

  private growMemory(end: number): void {
    const missingBytes = end - this.memory.buffer.byteLength;
    if (missingBytes > 0) this.memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
  }
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}

/** The tables by which the code reads cells. */
function kernelSettings({ delimiter, lineEnd }: Dialect, options: RowOptions) {
  const cellEndBytes = new Uint8Array(256);
  for (const byte of [delimiterByte(delimiter), lineEndByte(lineEnd), QUOTE]) cellEndBytes[byte] = 1;
  return {
    cellEndBytes,
    formulas: FORMULA_STARTS,
    singleByteValues: new Int16Array(256),
    featureOfColumn: featureOfColumn(options),
    tokens: Buffer.concat(
      options.missingTokens.map((token) => Buffer.from([Buffer.byteLength(token), ...Buffer.from(token)])),
    ),
    lineEnd: Buffer.from(lineEnd),
  };
}

function featureOfColumn({ featureColumns, columns }: RowOptions): Int32Array {
  const features = new Int32Array(columns).fill(-1);
  Array.from(featureColumns).forEach((column, feature) => {
    if (features[column] !== -1) throw new RangeError(`column ${column} is not one of ${columns} or given twice`);
    features[column] = feature;
  });
  return features;
}
