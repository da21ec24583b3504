import { type Dialect, WholeRowChunker, cellOffsets, readRows } from '@cytoqueue/csv';

const ANY_COLUMN = { columns: 1, featureColumns: [0], maxValue: 1, missingTokens: [] };

/** Counts data rows and the values of one column while a result file streams through. */
export class RowCounter {
  readonly values = new Map<string, number>();
  private readonly blocks: WholeRowChunker;
  /** Rows including the header. */
  private records = 0;

  /** @param column 0-based column whose values are counted */
  constructor(
    private readonly dialect: Dialect,
    private readonly column?: number,
  ) {
    this.blocks = new WholeRowChunker(dialect);
  }

  push(chunk: Uint8Array): void {
    this.count(this.blocks.push(chunk));
  }

  /** @returns the number of data rows */
  end(): number {
    this.count(this.blocks.end());
    return Math.max(0, this.records - 1);
  }

  private count(block: Buffer): void {
    const { rows, start, end } = readRows(block, this.dialect, ANY_COLUMN);
    for (let row = 0; this.column !== undefined && row < rows; row++) {
      if (this.records + row === 0) continue;
      const record = block.subarray(start[row], end[row]);
      const [from, to] = cellOffsets(record, this.dialect).slice(2 * this.column);
      const value = from === undefined ? '' : record.toString('latin1', from, to);
      this.values.set(value, (this.values.get(value) ?? 0) + 1);
    }
    this.records += rows;
  }
}
