import { asBuffer, delimiterByte, type Dialect, parseCells } from '@cytoqueue/csv';
import { parseLabel, type Schema } from '@cytoqueue/schema';
import type { ShardSamples } from './read-samples';

/** In place of a label: the cell holds none of the schema's spellings. */
export const NO_LABEL = 255;

/** Maximum number of different cells that are remembered with their label. */
const MAX_KNOWN_CELLS = 16;

/**
 * The known class of each scorable row: 0 negative, 1 positive, or `NO_LABEL`. Cells of fast-parsed rows are found in the bytes,
 * from the nearer end of the row, because millions of rows have one of a few spellings.
 * @param column of the file's known class, among `columns` columns
 */
export function readLabels(
  bytes: Uint8Array,
  dialect: Dialect,
  { table, count, rejections }: ShardSamples,
  { column, columns }: { column: number; columns: number },
  schema: Schema,
): Uint8Array {
  const { rows, start: starts, end: ends, fastParsed } = table;
  const delimiter = delimiterByte(dialect.delimiter);
  const labels = new Uint8Array(count);
  const cells = new LabelCells(bytes, schema);
  const columnsAfter = columns - 1 - column;
  const { byByte } = cells;
  const hasRejections = rejections.size > 0;
  for (let row = 0, sample = 0; row < rows; row++) {
    if (hasRejections && rejections.has(row)) continue;
    let start = starts[row]!;
    let end = ends[row]!;
    if (fastParsed[row] === 0) {
      const text = parseCells(bytes.subarray(start, end), dialect)[column] ?? '';
      labels[sample++] = parseLabel(text, schema) ?? NO_LABEL;
      continue;
    }
    // Nearly all rows of a file whose last column is a class of one byte end here.
    if (columnsAfter === 0 && bytes[end - 2] === delimiter && byByte[bytes[end - 1]!]! >= 0) {
      labels[sample++] = byByte[bytes[end - 1]!]!;
      continue;
    }
    if (columnsAfter < column) {
      for (let left = columnsAfter; left > 0; left--) while (bytes[--end] !== delimiter);
      for (start = end; bytes[start - 1] !== delimiter;) start--;
    } else {
      for (let left = column; left > 0; left--) while (bytes[start++] !== delimiter);
      const rowEnd = end;
      for (end = start; end < rowEnd && bytes[end] !== delimiter;) end++;
    }
    labels[sample++] = cells.labelAt(start, end);
  }
  return labels;
}

/** Remembers the cells that recur, so that they are not decoded again. */
class LabelCells {
  /** By the byte that is the whole cell; -1 for those not seen. */
  readonly byByte = new Int16Array(256).fill(-1);
  private readonly longer: { cell: Uint8Array; label: number }[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly schema: Schema,
  ) {}

  labelAt(start: number, end: number): number {
    const { bytes, longer, byByte } = this;
    const length = end - start;
    const byteLabel = byByte[bytes[start]!]!;
    if (length === 1 && byteLabel >= 0) return byteLabel;
    for (const { cell, label } of longer) {
      if (cell.length !== length) continue;
      let at = 0;
      while (at < length && cell[at] === bytes[start + at]) at++;
      if (at === length) return label;
    }
    return this.learn(start, end);
  }

  private learn(start: number, end: number): number {
    const label = parseLabel(asBuffer(this.bytes).toString('utf8', start, end), this.schema) ?? NO_LABEL;
    if (end - start === 1) this.byByte[this.bytes[start]!] = label;
    else if (this.longer.length < MAX_KNOWN_CELLS) this.longer.push({ cell: this.bytes.slice(start, end), label });
    return label;
  }
}
