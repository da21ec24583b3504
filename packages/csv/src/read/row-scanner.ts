import { QUOTE } from '../dialect';

const CELL_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
/** After a quote that closes its cell unless another quote follows. */
const AFTER_QUOTE = 3;

/** Adjacent rows: the first begins at `start`, each later one after the byte that ends the row before it. */
export interface ScannedRows {
  start: number;
  /** Index of the byte that ends each row. */
  ends: Uint32Array;
  /** The bytes may contain quotes. */
  quoted: boolean;
  /** Indices of the rows that did not pass the quick check (see `QuickCheckCells`); undefined without a check. */
  rowsToCheck?: Uint32Array;
}

/** `bytes` and `rows` are valid until the listener returns. */
export type RowsListener = (bytes: Uint8Array, rows: ScannedRows) => void;

/**
 * Finds where rows end, whatever the chunking. Header, shards and rows all use this one scanner, except for parts
 * without quotes, whose row ends WebAssembly finds (wasm/row-ends.ts).
 *
 * A quote opens a quoted cell only as the very first byte of a cell; inside, two quotes stand for one. Whatever
 * follows the closing quote is read as unquoted, as csv-parse with `relax_quotes` does. Multi-byte UTF-8 needs no
 * care: its bytes are never those of a delimiter, a quote or a line end.
 */
export class RowScanner {
  private state = CELL_START;

  /** `otherLineByte` is a second byte that ends rows, for a reader who does not know the line end yet. */
  constructor(
    private readonly delimiter: number,
    private readonly lineByte: number,
    private readonly otherLineByte: number = lineByte,
  ) {}

  /** Whether the bytes seen so far end inside a quoted cell. */
  get insideQuotes(): boolean {
    return this.state === QUOTED;
  }

  reset(): void {
    this.state = CELL_START;
  }

  /** Index of the byte that ends the row at `from`; -1 when the bytes end before the row. */
  findRowEnd(bytes: Uint8Array, from: number): number {
    const { delimiter, lineByte, otherLineByte } = this;
    const length = bytes.length;
    let at = this.state >= QUOTED ? this.skipQuotedCell(bytes, from) : from;
    for (; at < length; at++) {
      const byte = bytes[at]!;
      // Line ends and the quote are the lowest characters that matter: one comparison skips nearly all others.
      if (byte > QUOTE) continue;
      if (byte === lineByte || byte === otherLineByte) {
        this.state = CELL_START;
        return at;
      }
      if (byte === QUOTE && (at === from ? this.state === CELL_START : bytes[at - 1] === delimiter)) {
        this.state = QUOTED;
        at = this.skipQuotedCell(bytes, at + 1) - 1;
      }
    }
    return this.saveState(bytes, from);
  }

  /** Like `findRowEnd` for bytes without quotes, at the speed of a native search. */
  findUnquotedRowEnd(bytes: Buffer, from: number): number {
    if (this.state >= QUOTED) return this.findRowEnd(bytes, from);
    const at = bytes.indexOf(this.lineByte, from);
    if (at < 0) return this.saveState(bytes, from);
    this.state = CELL_START;
    return at;
  }

  /** Whether the bytes seen so far end within a quoted cell, or after a quote that may close it. */
  get mayBeInsideQuotes(): boolean {
    return this.state >= QUOTED;
  }

  /** Skips bytes without quotes whose row ends were found by other means. */
  passUnquoted(bytes: Uint8Array): void {
    const last = bytes.at(-1);
    if (last !== undefined)
      this.state =
        last === this.lineByte || last === this.otherLineByte || last === this.delimiter ? CELL_START : UNQUOTED;
  }

  private saveState(bytes: Uint8Array, from: number): number {
    const length = bytes.length;
    if (this.state < QUOTED && from < length) this.state = bytes[length - 1] === this.delimiter ? CELL_START : UNQUOTED;
    return -1;
  }

  /** Index after the closing quote, or the length of the bytes when only the next chunk can tell. */
  private skipQuotedCell(bytes: Uint8Array, from: number): number {
    const length = bytes.length;
    if (from >= length) return length;
    let at = from;
    if (this.state === AFTER_QUOTE) {
      // The quote before the chunk border closed its cell, unless this chunk doubles it.
      this.state = bytes[at] === QUOTE ? QUOTED : UNQUOTED;
      if (this.state === UNQUOTED) return at;
      at++;
    }
    for (;;) {
      while (at < length && bytes[at] !== QUOTE) at++;
      const next = at + 1;
      if (next >= length) {
        this.state = at < length ? AFTER_QUOTE : QUOTED;
        return length;
      }
      if (bytes[next] !== QUOTE) {
        this.state = UNQUOTED;
        return next;
      }
      at = next + 1;
    }
  }
}
