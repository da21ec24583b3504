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

/** A key holds a row's order above and its index below: up to this many rows both fit into 31 bits. */
const MOST_SHORT_KEYS = 2 ** 16;
/** Above any index; with an order below 2¹⁵ such a key is an exact double. */
const LONG_RADIX = 2 ** 32;

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
  /** Sorting whole numbers is faster, and every shipped model has few rows. */
  private readonly keys: Int32Array | Float64Array;
  private readonly radix: number;

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
    this.keys = count <= MOST_SHORT_KEYS ? new Int32Array(count) : new Float64Array(count);
    this.radix = count <= MOST_SHORT_KEYS ? MOST_SHORT_KEYS : LONG_RADIX;
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
    const { keys, radix, sums, scale } = this;
    for (let i = 0; i < keys.length; i++) keys[i] = scale.orderOf(sums[i]) * radix + i;
    for (const { from, to } of this.spans) keys.subarray(from, to).sort();
    for (let i = 0; i < keys.length; i++) keys[i] %= radix;
  }
}

function reorder<T extends Int32Array | Uint8Array>(values: T, order: Int32Array | Float64Array, out: T): void {
  for (let i = 0; i < out.length; i++) out[i] = values[order[i]];
}
