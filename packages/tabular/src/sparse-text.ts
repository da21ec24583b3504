/*
 * The format of LIBSVM and SVMlight: a class and `index:value` for each value other than 0. It has no names, so the columns get the
 * names V1, V2 … that matchHeader judges as it judges them elsewhere.
 */
import type { Schema } from '@cytoqueue/schema';
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
  private readonly width: number;

  /** @param first the rows of the file's first part, which decide how many columns there are */
  constructor(first: readonly SourceRow[], { features }: Schema) {
    const values = first.filter(isRecord).map(({ cells }) => valuesOf(cells) ?? new Map<number, string>());
    this.width = Math.max(0, ...values.flatMap((row) => [...row.keys()]));
    const largest = Math.max(...features.map(({ max }) => max));
    const hasId =
      this.width === features.length + 1 &&
      values.every((row) => /^\d+$/.test(row.get(1) ?? '') && Number(row.get(1)) > largest);
    const names = hasId
      ? ['id', ...features.map(({ name }) => name)]
      : Array.from({ length: this.width }, (_, index) => `V${index + 1}`);
    this.header = { cells: ['class', ...names], line: null };
  }

  /** Undefined for a line without values. */
  expand(row: SourceRow): SourceRow | undefined {
    if (!isRecord(row)) return undefined;
    const { cells, line } = row;
    const values = valuesOf(cells);
    const texts = [cells[0] ?? '', ...Array.from({ length: this.width }, (_, index) => values?.get(index + 1) ?? '0')];
    const largest = Math.max(0, ...(values?.keys() ?? []));
    if (values !== undefined && largest <= this.width) return { cells: texts, line };
    const detail =
      values === undefined
        ? 'the row is not a class followed by index:value'
        : `index ${largest} is above ${this.width}, the largest of the first rows`;
    return { cells: texts.map((_, index) => cells[index] ?? ''), line, fault: { code: 'malformed-row', detail } };
  }
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
