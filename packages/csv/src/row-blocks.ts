import { QUOTE, delimiterByte, lineByte, type Dialect } from './dialect';
import { asBuffer } from './encoding';
import { RecordScanner } from './records';

/** Regroups the chunks of a stream's data part into blocks of whole records, for whoever reads rows while they arrive. */
export class RowBlocks {
  private readonly scanner: RecordScanner;
  private rest: Buffer = Buffer.alloc(0);

  constructor({ delimiter, lineEnd }: Dialect) {
    this.scanner = new RecordScanner(delimiterByte(delimiter), lineByte(lineEnd));
  }

  /** The records that the chunk completes; empty when it completes none. */
  push(chunk: Uint8Array): Buffer {
    const bytes = asBuffer(chunk);
    const end = this.lastRecordEnd(bytes);
    if (end === 0) {
      this.rest = Buffer.concat([this.rest, bytes]);
      return Buffer.alloc(0);
    }
    const block = Buffer.concat([this.rest, bytes.subarray(0, end)]);
    this.rest = Buffer.from(bytes.subarray(end));
    return block;
  }

  /** What is left: a last record without a line end. */
  end(): Buffer {
    return this.rest;
  }

  private lastRecordEnd(bytes: Buffer): number {
    const quotes = bytes.includes(QUOTE);
    let end = 0;
    for (;;) {
      const at = quotes ? this.scanner.next(bytes, end) : this.scanner.nextUnquoted(bytes, end);
      if (at < 0) return end;
      end = at + 1;
    }
  }
}
