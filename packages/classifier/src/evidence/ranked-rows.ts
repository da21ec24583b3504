import type { DistinctRows } from './distinct-rows';
import type { PackedMetric } from './packed-metric';
import type { ClassRanges, RowRange } from './row-range';
import type { GradeSearch } from './scalar-grade-search';

/** A key holds a row's order above and its index below: up to this many rows both fit into 31 bits. */
const MAX_SHORT_KEYS = 2 ** 16;
/** Above any index; with an order below 2¹⁵ such a key is an exact double. */
const LONG_RADIX = 2 ** 32;

/**
 * How the distinct training rows stand to one sample at a time: benign first, within each class from the nearest on,
 * which lets every later search for the nearest find its limit early. Owns its arrays; not to be shared between threads.
 */
export class RankedRows implements ClassRanges {
  /** Grades, NaN where not measured. */
  readonly sample: Float64Array;
  /** Indexes of the features that were measured. */
  measured: readonly number[] = [];
  readonly all: RowRange;
  readonly classRanges: readonly [benign: RowRange, malignant: RowRange];
  readonly multiplicities: Int32Array;
  /** Grades of the distinct rows, by feature. */
  readonly columns: readonly Int32Array[];
  /** What each feature adds to the rows' sums, by feature; 0 for those that were not measured. */
  readonly terms: readonly Int32Array[];
  /** Sums of these parts: by them, and by parts added to them, every distance is known. */
  readonly packedDistances: Int32Array;
  /** Adds nothing to any sum. */
  readonly zeroDeltas: Int32Array;
  /** Sorting whole numbers is faster, and every shipped model has few rows. */
  private readonly sortKeys: Int32Array | Float64Array;
  private readonly radix: number;

  constructor(
    private readonly rows: DistinctRows,
    readonly packedMetric: PackedMetric,
    readonly search: GradeSearch,
  ) {
    const { count, benignCount, columns } = rows;
    const allocate = () => search.allocateInt32(count);
    this.sample = new Float64Array(columns.length);
    this.all = { start: 0, end: count };
    this.classRanges = [{ start: 0, end: benignCount }, { start: benignCount, end: count }]; // prettier-ignore
    [this.multiplicities, this.packedDistances, this.zeroDeltas] = [allocate(), allocate(), allocate()];
    this.sortKeys = count <= MAX_SHORT_KEYS ? new Int32Array(count) : new Float64Array(count);
    this.radix = count <= MAX_SHORT_KEYS ? MAX_SHORT_KEYS : LONG_RADIX;
    this.columns = columns.map(allocate);
    this.terms = columns.map(allocate);
  }

  /** @throws RangeError when a value is no grade of the scale */
  setSample(sample: ArrayLike<number>): void {
    const { maxGrade } = this.packedMetric;
    for (let feature = 0; feature < this.sample.length; feature++) {
      const grade = sample[feature];
      const isGrade = Number.isInteger(grade) && grade >= 1 && grade <= maxGrade;
      if (!isGrade && !Number.isNaN(grade)) throw new RangeError(`a grade is a whole number from 1 to ${maxGrade}`);
      this.sample[feature] = grade;
    }
    this.measured = this.columns.map((_, feature) => feature).filter((feature) => !Number.isNaN(this.sample[feature]));
    this.fill(this.rows.columns);
    this.rankRows();
    reorder(this.rows.multiplicities, this.sortKeys, this.multiplicities);
    this.columns.forEach((column, feature) => reorder(this.rows.columns[feature], this.sortKeys, column));
    this.fill(this.columns);
  }

  /** What a feature adds to each sum when the sample has this grade. */
  termsOf(column: Int32Array, grade: number, out: Int32Array): void {
    const { terms, maxGrade } = this.packedMetric;
    const first = grade * (maxGrade + 1);
    for (let i = 0; i < out.length; i++) out[i] = terms[first + column[i]];
  }

  private fill(columns: readonly Int32Array[]): void {
    this.packedDistances.fill(0);
    columns.forEach((column, feature) => {
      const terms = this.terms[feature];
      if (Number.isNaN(this.sample[feature])) terms.fill(0);
      else this.termsOf(column, this.sample[feature], terms);
      this.search.add(this.packedDistances, terms, this.packedDistances, this.packedDistances.length);
    });
  }

  /** Leaves in `keys` the index of the row that comes at each place. */
  private rankRows(): void {
    const { sortKeys, radix, packedDistances, packedMetric } = this;
    for (let i = 0; i < sortKeys.length; i++) sortKeys[i] = packedMetric.sortKey(packedDistances[i]) * radix + i;
    for (const { start, end } of this.classRanges) sortKeys.subarray(start, end).sort();
    for (let i = 0; i < sortKeys.length; i++) sortKeys[i] %= radix;
  }
}

function reorder<T extends Int32Array | Uint8Array>(values: T, order: Int32Array | Float64Array, out: T): void {
  for (let i = 0; i < out.length; i++) out[i] = values[order[i]];
}
