import { TabularError } from '../error';

/**
 * Records of single digits compress tenfold, the markup of workbooks a hundredfold; what expands further is a
 * decompression bomb.
 */
const MAX_RATIO = 200;
/** Harmless in memory and time, so that short and very regular files pass. */
const FREE_BYTES = 16 * 1024 * 1024;
/** Few records have fewer bytes; a shorter row takes as much time, so it counts as much. */
const MIN_ROW_BYTES = 16;
const DEFAULT_MAX_EXPANDED_BYTES = 4 * 1024 * 1024 * 1024;

/** Counts what a container expands to and stops a decompression bomb long before it has expanded. */
export class ExpansionLimit {
  private expanded = 0;
  private readonly limit: number;

  constructor(
    fileBytes: number,
    private readonly maxBytes = DEFAULT_MAX_EXPANDED_BYTES,
  ) {
    this.limit = Math.min(maxBytes, Math.max(FREE_BYTES, fileBytes * MAX_RATIO));
  }

  /** @throws TabularError `expands-too-far` */
  add(bytes: number): void {
    this.expanded += bytes;
    if (this.expanded <= this.limit) return;
    const most =
      this.limit === this.maxBytes ? `${Math.round(this.maxBytes / 2 ** 20)} MiB` : `${MAX_RATIO} times its size`;
    throw new TabularError(
      'expands-too-far',
      `The file expands to more than ${most}. Split it, or send it as plain CSV.`,
    );
  }

  /**
   * Counts by how much a row is shorter than a record; its own bytes were counted.
   * @throws TabularError `expands-too-far`
   */
  addShortRow(bytes: number): void {
    if (bytes < MIN_ROW_BYTES) this.add(MIN_ROW_BYTES - bytes);
  }

  /** For reading the same bytes once more. */
  restart(): void {
    this.expanded = 0;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.add(chunk.length);
      yield chunk;
    }
  }
}
