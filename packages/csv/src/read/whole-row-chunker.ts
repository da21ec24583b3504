import { QUOTE, delimiterByte, lineEndByte, type Dialect } from '../dialect';
import { asBuffer } from '../encoding';
import { RowScanner } from './row-scanner';

/**
 * Regroups the chunks of a stream's data part into blocks of whole rows, for callers that parse rows as they arrive.
 */
export class WholeRowChunker {
  private readonly scanner: RowScanner;
  private incompleteRow: Buffer = Buffer.alloc(0);

  constructor({ delimiter, lineEnd }: Dialect) {
    this.scanner = new RowScanner(delimiterByte(delimiter), lineEndByte(lineEnd));
  }

  /** @returns the rows that the chunk completes; empty when it completes none */
  push(chunk: Uint8Array): Buffer {
    const bytes = asBuffer(chunk);
    const end = this.lastRowEnd(bytes);
    if (end === 0) {
      this.incompleteRow = Buffer.concat([this.incompleteRow, bytes]);
      return Buffer.alloc(0);
    }
    const block = Buffer.concat([this.incompleteRow, bytes.subarray(0, end)]);
    this.incompleteRow = Buffer.from(bytes.subarray(end));
    return block;
  }

  /** @returns the last row if it has no line end; otherwise empty */
  end(): Buffer {
    return this.incompleteRow;
  }

  private lastRowEnd(bytes: Buffer): number {
    const hasQuotes = bytes.includes(QUOTE);
    let end = 0;
    for (;;) {
      const at = hasQuotes ? this.scanner.findRowEnd(bytes, end) : this.scanner.findUnquotedRowEnd(bytes, end);
      if (at < 0) return end;
      end = at + 1;
    }
  }
}
