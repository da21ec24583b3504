import { QUOTE } from './dialect';

const CELL_START = 0;
const BARE = 1;
const QUOTED = 2;
/** Behind a quote that closes its cell unless another quote follows. */
const AFTER_QUOTE = 3;

/**
 * Takes records that lie side by side: the first begins at `start`, each next one behind the byte that ends the one before it.
 * `ends` counts without that byte and is good until the listener returns; `quoted`: quotes may stand in the bytes.
 */
export type RecordsListener = (bytes: Uint8Array, start: number, ends: Int32Array, count: number, quoted: boolean) => void;

/**
 * Finds where records end, whatever the chunking. Header, shards and rows all cut with this one machine.
 *
 * A quote opens a quoted cell only as the very first byte of a cell; inside, two quotes stand for one. Whatever
 * follows the closing quote is read as unquoted, as csv-parse with `relax_quotes` does. Multi-byte UTF-8 needs no
 * care: its bytes are never those of a delimiter, a quote or a line end.
 */
export class RecordScanner {
  private state = CELL_START;

  /** `otherLine` is a second byte that ends records, for a reader who does not know the line end yet. */
  constructor(
    private readonly delimiter: number,
    private readonly line: number,
    private readonly otherLine: number = line,
  ) {}

  /** Whether the bytes seen so far end inside a quoted cell. */
  get insideQuotes(): boolean {
    return this.state === QUOTED;
  }

  reset(): void {
    this.state = CELL_START;
  }

  /** Index of the byte that ends the record which `from` is in; -1 when the bytes run out before it does. */
  next(bytes: Uint8Array, from: number): number {
    const { delimiter, line, otherLine } = this;
    const length = bytes.length;
    let at = this.state >= QUOTED ? this.leaveQuotes(bytes, from) : from;
    for (; at < length; at++) {
      const byte = bytes[at];
      // Line ends and the quote are the lowest characters that matter: one comparison passes over nearly all others.
      if (byte > QUOTE) continue;
      if (byte === line || byte === otherLine) {
        this.state = CELL_START;
        return at;
      }
      if (byte === QUOTE && (at === from ? this.state === CELL_START : bytes[at - 1] === delimiter)) {
        this.state = QUOTED;
        at = this.leaveQuotes(bytes, at + 1) - 1;
      }
    }
    return this.runOut(bytes, from);
  }

  /** The same for bytes known to hold no quote, at the speed of a native search. */
  nextUnquoted(bytes: Buffer, from: number): number {
    if (this.state >= QUOTED) return this.next(bytes, from);
    const at = bytes.indexOf(this.line, from);
    if (at < 0) return this.runOut(bytes, from);
    this.state = CELL_START;
    return at;
  }

  private runOut(bytes: Uint8Array, from: number): number {
    const length = bytes.length;
    if (this.state < QUOTED && from < length) this.state = bytes[length - 1] === this.delimiter ? CELL_START : BARE;
    return -1;
  }

  /** Index behind the closing quote, or the length of the bytes when only the next chunk can tell. */
  private leaveQuotes(bytes: Uint8Array, from: number): number {
    const length = bytes.length;
    if (from >= length) return length;
    let at = from;
    if (this.state === AFTER_QUOTE) {
      // The quote before the chunk border closed its cell, unless this chunk doubles it.
      this.state = bytes[at] === QUOTE ? QUOTED : BARE;
      if (this.state === BARE) return at;
      at++;
    }
    for (;;) {
      while (at < length && bytes[at] !== QUOTE) at++;
      const behind = at + 1;
      if (behind >= length) {
        this.state = at < length ? AFTER_QUOTE : QUOTED;
        return length;
      }
      if (bytes[behind] !== QUOTE) {
        this.state = BARE;
        return behind;
      }
      at = behind + 1;
    }
  }
}
