/*
 * The format of LIBSVM and SVMlight: a class and `index:value` for each value other than 0. It has no names, so the
 * columns get the names V1, V2 … that matchHeader judges as it judges them elsewhere. Indexes begin at 1, or at 0 as
 * scikit-learn writes them.
 */
import type { Schema } from '@cytoqueue/schema';
import { TabularError } from './error';
import type { SourceRow } from './source';

const LINE = /^\s*[+-]?\d+(\.\d+)?(\s+\d+:[^\s:]+)+\s*(#.*)?$/;
const PAIR = /^(\d+):(.+)$/;
/** Lines by which the format is recognised. */
const LINES = 20;

/** Whether each of the first lines is a class followed by pairs. */
export function isSparseText(prefix: Buffer, final: boolean): boolean {
  const lines = prefix.toString('latin1').split(/\r?\n|\r/);
  if (!final) lines.pop();
  const filled = lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).slice(0, LINES);
  return filled.length > 0 && filled.every((line) => LINE.test(line));
}

/** Turns rows whose cells are a class and pairs into rows with a cell for each index. */
export class SparseRows {
  readonly header: SourceRow;
  private readonly firstIndex: number;
  private readonly lastIndex: number;

  /**
   * @param first the rows of the file's first part, which decide how many columns there are
   * @throws TabularError `too-many-columns`
   */
  constructor(first: readonly SourceRow[], { features }: Schema, maxColumns: number) {
    const values = first.filter(isRecord).map(({ cells }) => valuesOf(cells) ?? new Map<number, string>());
    this.firstIndex = values.some((row) => row.has(0)) ? 0 : 1;
    this.lastIndex = Math.max(0, ...values.map(largestIndex));
    if (this.lastIndex > maxColumns) {
      throw new TabularError(
        'too-many-columns',
        `the first rows have the index ${this.lastIndex}; at most ${maxColumns} columns are allowed`,
      );
    }
    const largest = Math.max(...features.map(({ max }) => max));
    const ids = values.map((row) => row.get(this.firstIndex) ?? '');
    const hasId = this.width === features.length + 1 && ids.every((id) => /^\d+$/.test(id) && Number(id) > largest);
    const names = hasId
      ? ['id', ...features.map(({ name }) => name)]
      : Array.from({ length: this.width }, (_, column) => `V${column + 1}`);
    this.header = { cells: ['class', ...names], line: null };
  }

  /** Undefined for a line without values. */
  expand(row: SourceRow): SourceRow | undefined {
    if (!isRecord(row)) return undefined;
    const { cells, line } = row;
    const { firstIndex, lastIndex } = this;
    const values = valuesOf(cells);
    if (values === undefined) return this.malformed(row, 'the row is not a class followed by index:value');
    for (const index of values.keys())
      if (index < firstIndex || index > lastIndex)
        return this.malformed(
          row,
          `index ${index} is not among those of the first rows, ${firstIndex} to ${lastIndex}`,
        );
    const expanded = [cells[0] ?? ''];
    for (let index = firstIndex; index <= lastIndex; index++) expanded.push(values.get(index) ?? '0');
    return { cells: expanded, line };
  }

  /** The row's own cells, as many as the header has. */
  private malformed({ cells, line }: SourceRow, detail: string): SourceRow {
    const shown = Array.from({ length: this.width + 1 }, (_, column) => cells[column] ?? '');
    return { cells: shown, line, fault: { code: 'malformed-row', detail } };
  }

  /** Number of indexes. */
  private get width(): number {
    return this.lastIndex + 1 - this.firstIndex;
  }
}

function largestIndex(values: ReadonlyMap<number, string>): number {
  return Math.max(0, ...values.keys());
}

/** No empty line, and no comment. */
function isRecord({ cells: [first = ''] }: SourceRow): boolean {
  return first !== '' && !first.startsWith('#');
}

function valuesOf([, ...pairs]: readonly string[]): Map<number, string> | undefined {
  const values = new Map<number, string>();
  for (const pair of pairs) {
    if (pair.startsWith('#')) break;
    const match = PAIR.exec(pair);
    const [, index, value] = match ?? [];
    if (value === undefined) return undefined;
    values.set(Number(index), value);
  }
  return values;
}
