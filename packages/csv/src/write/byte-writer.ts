import { QUOTE, type Delimiter } from '../dialect';

/** Below this, copying in a loop is quicker than calling `set`, which needs a view of its own. */
const SHORT_COPY_BYTES = 64;
const MAX_INT32 = 0x7fff_ffff;
const DIGIT_0 = 48;

/** Bytes that are copied from often: the view copies four per step, three times as fast for ranges as long as a row. */
export interface ByteSource {
  bytes: Uint8Array;
  view: DataView;
}

export function toByteSource(bytes: Uint8Array): ByteSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** Appends text and numbers as UTF-8 bytes to a buffer that doubles when it is full. */
export class ByteWriter {
  private buffer: Buffer;
  private bufferView: DataView;
  private written = 0;

  /**
   * @param memory initial size in bytes, or a buffer to fill; when that is full the writer moves to a buffer of its own
   */
  constructor(memory: number | Buffer = 65_536) {
    this.buffer = typeof memory === 'number' ? Buffer.allocUnsafeSlow(Math.max(1, memory)) : memory;
    this.bufferView = toByteSource(this.buffer).view;
  }

  get length(): number {
    return this.written;
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    const target = this.reserve(count);
    if (count > SHORT_COPY_BYTES) {
      target.set(source.subarray(start, end), this.written);
      this.written += count;
      return;
    }
    let to = this.written;
    for (let from = start; from < end; from++) target[to++] = source[from]!;
    this.written = to;
  }

  /** Does the same as `bytes`, faster for ranges of some ten to a hundred bytes. */
  copy({ bytes, view }: ByteSource, start: number, end: number): void {
    const target = this.reserve(end - start);
    const targetView = this.bufferView;
    let to = this.written;
    let from = start;
    for (; from + 4 <= end; from += 4, to += 4) targetView.setInt32(to, view.getInt32(from, true), true);
    while (from < end) target[to++] = bytes[from++]!;
    this.written = to;
  }

  /** Text of ASCII characters only; it is not checked. */
  ascii(text: string): void {
    const target = this.reserve(text.length);
    let to = this.written;
    for (let from = 0; from < text.length; from++) target[to++] = text.charCodeAt(from);
    this.written = to;
  }

  byte(byte: number): void {
    this.reserve(1)[this.written++] = byte;
  }

  integer(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > MAX_INT32) return this.number(value);
    let digits = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
    const target = this.reserve(digits);
    this.written += digits;
    let rest = value;
    for (let to = this.written - 1; digits > 0; digits--) {
      const tenth = (rest / 10) | 0;
      target[to--] = DIGIT_0 + rest - tenth * 10;
      rest = tenth;
    }
  }

  /**
   * The shortest decimal that reads back to the same double, as `String` gives it. But `String` keeps its texts in V8's
   * cache of numbers, and collecting the old generation, where they end, took a tenth of a batch's processor time.
   * `JSON.stringify` keeps none, but writes NaN and infinities as null.
   */
  number(value: number): void {
    this.ascii(Number.isFinite(value) ? JSON.stringify(value) : String(value));
  }

  /** Writes one cell, quoted if it holds a delimiter, a quote or a line end: the same bytes as csv-stringify. */
  cell(text: string, delimiter: Delimiter): void {
    if (!needsQuotes(text, delimiter)) return this.text(text);
    this.byte(QUOTE);
    this.text(text.replaceAll('"', '""'));
    this.byte(QUOTE);
  }

  /** Copies all bytes written so far. */
  toBytes(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.buffer, 0, this.written);
  }

  /** All bytes written so far, in the writer's own memory: valid until the next write or reset. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.written);
  }

  reset(): void {
    this.written = 0;
  }

  /** Memory with room for `count` bytes at index `length`, to be filled directly and confirmed by `advance`. */
  reserve(count: number): Uint8Array {
    const needed = this.written + count;
    if (needed > this.buffer.length) this.grow(needed);
    return this.buffer;
  }

  advance(count: number): void {
    this.written += count;
  }

  private text(text: string): void {
    this.reserve(text.length * 3);
    this.written += this.buffer.write(text, this.written);
  }

  private grow(needed: number): void {
    const buffer = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(buffer, 0, 0, this.written);
    this.buffer = buffer;
    this.bufferView = toByteSource(buffer).view;
  }
}

function needsQuotes(text: string, delimiter: Delimiter): boolean {
  return text.includes(delimiter) || text.includes('"') || text.includes('\n') || text.includes('\r');
}
