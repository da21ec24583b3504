/** Metadata nest some six structures deep. */
const MAX_DEPTH = 24;
const MAX_NUMBER_BYTES = 10;

const TRUE = 1;
const FALSE = 2;

/**
 * Walks over a structure of Thrift's compact protocol without making values of it. hyparquet trusts the lengths in
 * there: a list of many millions would take its memory before the first entry is missed, and a number without end
 * would take its time.
 * @throws Error when the structure does not end within the bytes, or could not have been written by a writer of
 * Parquet
 */
export function assertThriftStruct(bytes: Uint8Array): void {
  new ThriftWalk(bytes).struct(0);
}

class ThriftWalk {
  private offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  struct(depth: number): void {
    if (depth > MAX_DEPTH) throw new Error('structures are nested too deep');
    for (;;) {
      const field = this.byte();
      const type = field & 0x0f;
      if (type === 0) return;
      if (field >> 4 === 0) this.number();
      this.element(type, depth);
    }
  }

  private element(type: number, depth: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        return;
      case 3:
        return this.skip(1);
      case 4:
      case 5:
      case 6:
        this.number();
        return;
      case 7:
        return this.skip(8);
      case 8:
        return this.skip(this.number());
      case 9:
        return this.list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`a value of type ${type}`);
    }
  }

  private list(depth: number): void {
    const header = this.byte();
    const type = header & 0x0f;
    const size = header >> 4 === 15 ? this.number() : header >> 4;
    if (size > this.bytes.length - this.offset) throw new Error('a list is longer than its bytes');
    for (let i = 0; i < size; i++) this.element(type === TRUE || type === FALSE ? 3 : type, depth);
  }

  private skip(length: number): void {
    this.offset += length;
    if (this.offset > this.bytes.length) throw new Error('the structure breaks off');
  }

  private byte(): number {
    const byte = this.bytes[this.offset++];
    if (byte === undefined) throw new Error('the structure breaks off');
    return byte;
  }

  private number(): number {
    let value = 0;
    for (let i = 0; i < MAX_NUMBER_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) return value;
    }
    throw new Error('a number does not end');
  }
}
