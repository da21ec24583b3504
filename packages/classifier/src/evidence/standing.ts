import type { DistinctRows } from './distinctrows';
import type { GradeScale } from './gradescale';
import type { GradeSearch } from './nearestgrades';

/** A run of distinct rows: those of one class, or all. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Distinct rows of both classes, and how many training rows each of them stands for. */
export interface RowsOfClasses {
  readonly weights: Int32Array;
  readonly all: Span;
  /** By label. */
  readonly spans: readonly [benign: Span, malignant: Span];
}

/** Tells a row's index from how it ranks in one number; far more rows than a model has. */
const ROWS_RADIX = 65_536;

/**
 * How the distinct training rows stand to one sample at a time: benign first, within each class from the nearest on,
 * which lets every later search for the nearest find its limit early. Owns its arrays; not to be shared between threads.
 */
export class Standing implements RowsOfClasses {
  /** Grades, NaN where not measured. */
  readonly sample: Float64Array;
  /** Indexes of the features that were measured. */
  measured: readonly number[] = [];
  readonly all: Span;
  readonly spans: readonly [benign: Span, malignant: Span];
  readonly weights: Int32Array;
  /** Grades of the distinct rows, by feature. */
  readonly columns: readonly Int32Array[];
  /** What each feature adds to the rows' sums, by feature; 0 for those that were not measured. */
  readonly parts: readonly Int32Array[];
  /** Sums of these parts: by them, and by parts added to them, every distance is known. */
  readonly sums: Int32Array;
  /** Adds nothing to any sum. */
  readonly nothing: Int32Array;
  private readonly keys: Int32Array;

  constructor(
    private readonly rows: DistinctRows,
    readonly scale: GradeScale,
    readonly search: GradeSearch,
  ) {
    const { count, benignCount, columns } = rows;
    const int32s = () => search.int32s(count);
    this.sample = new Float64Array(columns.length);
    this.all = { from: 0, to: count };
    this.spans = [{ from: 0, to: benignCount }, { from: benignCount, to: count }]; // prettier-ignore
    [this.weights, this.sums, this.nothing] = [int32s(), int32s(), int32s()];
    this.keys = new Int32Array(count);
    this.columns = columns.map(int32s);
    this.parts = columns.map(int32s);
  }

  /** @throws RangeError when a value is no grade of the scale */
  take(sample: ArrayLike<number>): void {
    const { highest } = this.scale;
    for (let feature = 0; feature < this.sample.length; feature++) {
      const grade = sample[feature];
      const isGrade = Number.isInteger(grade) && grade >= 1 && grade <= highest;
      if (!isGrade && !Number.isNaN(grade)) throw new RangeError(`a grade is a whole number from 1 to ${highest}`);
      this.sample[feature] = grade;
    }
    this.measured = this.columns.map((_, feature) => feature).filter((feature) => !Number.isNaN(this.sample[feature]));
    this.fill(this.rows.columns);
    this.rankRows();
    reorder(this.rows.weights, this.keys, this.weights);
    this.columns.forEach((column, feature) => reorder(this.rows.columns[feature], this.keys, column));
    this.fill(this.columns);
  }

  /** What a feature adds to each sum when the sample has this grade. */
  partsOf(column: Int32Array, grade: number, out: Int32Array): void {
    const { parts, highest } = this.scale;
    const first = grade * (highest + 1);
    for (let i = 0; i < out.length; i++) out[i] = parts[first + column[i]];
  }

  private fill(columns: readonly Int32Array[]): void {
    this.sums.fill(0);
    columns.forEach((column, feature) => {
      const parts = this.parts[feature];
      if (Number.isNaN(this.sample[feature])) parts.fill(0);
      else this.partsOf(column, this.sample[feature], parts);
      this.search.add(this.sums, parts, this.sums, this.sums.length);
    });
  }

  /** Leaves in `keys` the index of the row that comes at each place. */
  private rankRows(): void {
    const { keys, sums, scale } = this;
    for (let i = 0; i < keys.length; i++) keys[i] = scale.orderOf(sums[i]) * ROWS_RADIX + i;
    for (const { from, to } of this.spans) keys.subarray(from, to).sort();
    for (let i = 0; i < keys.length; i++) keys[i] %= ROWS_RADIX;
  }
}

function reorder<T extends Int32Array | Uint8Array>(values: T, order: Int32Array, out: T): void {
  for (let i = 0; i < out.length; i++) out[i] = values[order[i]];
}
