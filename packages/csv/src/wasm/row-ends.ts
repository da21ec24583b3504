import { rowEndsWasm } from './module';

/** The two cells of a row that a quick check reads: that of a feature, and that of the identifier. Most rows pass. */
export interface QuickCheckCells {
  delimiterByte: number;
  featureColumn: number;
  /** Without an identifier, the first column that is no feature; -1 if there is none. */
  identifierColumn: number;
}

export interface RowEnds {
  /** Where the rows end, without the byte that ends them. */
  ends: Uint32Array;
  /** A row holds one byte or none, so it may be an empty line. */
  hasShortRows: boolean;
  /**
   * Indices of the rows that did not pass the quick check; undefined without a check. All others have a feature cell that
   * begins with a digit and does not begin a row of column numbers (1, 2, 3 …), an identifier of 3 to 15 bytes that ends
   * with a digit and has no exponent, and no Ctrl-Z at the end.
   */
  rowsToCheck: Uint32Array | undefined;
}

/** Bytes that are searched at once, so that the memory stays small. */
export const MAX_SEARCHED_BYTES = 256 * 1024;

const PAGE_BYTES = 65_536;
/** Searched with the last bytes. */
const SLACK_BYTES = 64;
const INPUT = 64;
const ENDS = INPUT + MAX_SEARCHED_BYTES + SLACK_BYTES;
/** A row may be a line end alone. */
const ROWS_TO_CHECK = ENDS + 4 * MAX_SEARCHED_BYTES;
const MEMORY_BYTES = ROWS_TO_CHECK + 4 * MAX_SEARCHED_BYTES;

interface Exports {
  memory: WebAssembly.Memory;
  findRowEnds(): number;
  rowsToCheckCount: WebAssembly.Global;
  hasShortRows: WebAssembly.Global;
}

/** Compiled at the first use, and used by all: a search is over before the next begins. */
let shared: { exports: Exports; bytes: Uint8Array } | undefined;

function load(): { exports: Exports; bytes: Uint8Array } {
  if (shared !== undefined) return shared;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(rowEndsWasm, 'base64')));
  const { memory } = exports as unknown as Exports;
  memory.grow(Math.ceil(MEMORY_BYTES / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES);
  set(exports, { input: INPUT, ends: ENDS, rowsToCheck: ROWS_TO_CHECK });
  shared = { exports: exports as unknown as Exports, bytes: new Uint8Array(memory.buffer) };
  return shared;
}

function set(exports: object, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values))
    (exports as Record<string, WebAssembly.Global>)[name]!.value = value;
}

/**
 * Finds the ends of rows in bytes that hold no quote and begin outside of a quoted cell.
 * @param bytes at most `MAX_SEARCHED_BYTES`
 * @returns tables that are good until the next call
 */
export function findRowEnds(bytes: Uint8Array, lineByte: number, quickCheckCells?: QuickCheckCells): RowEnds {
  const { exports, bytes: memory } = load();
  memory.set(bytes, INPUT);
  memory.fill(0, INPUT + bytes.length, INPUT + bytes.length + SLACK_BYTES);
  const { featureColumn = -1, identifierColumn = -1, delimiterByte = 0 } = quickCheckCells ?? {};
  set(exports, {
    length: bytes.length,
    line: lineByte,
    delimiter: delimiterByte,
    featureColumn,
    identifierColumn,
    lastColumn: Math.max(featureColumn, identifierColumn),
  });
  const count = exports.findRowEnds();
  return {
    ends: new Uint32Array(memory.buffer, ENDS, count),
    hasShortRows: exports.hasShortRows.value !== 0,
    rowsToCheck:
      quickCheckCells && new Uint32Array(memory.buffer, ROWS_TO_CHECK, exports.rowsToCheckCount.value as number),
  };
}
