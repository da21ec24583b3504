import type { GradeSearch, PackedMetric, RowRange } from './grade-search';
import type { TrainingSet } from '../model/model';

/** Distinct rows of both classes and the number of training rows that each represents. */
export interface ClassRanges {
  readonly multiplicities: Int32Array;
  readonly all: RowRange;
  /** By label. */
  readonly classRanges: readonly [benign: RowRange, malignant: RowRange];
}

/**
 * A sort key holds the row's order in the high bits and its index in the low ones: up to this many rows fit 31 bits.
 */
const MAX_SHORT_KEYS = 2 ** 16;
/** Larger than any index; with an order below 2¹⁵ the key is an exact double. */
const LONG_RADIX = 2 ** 32;

/**
 * Distinct training rows sorted by distance to the sample, benign first, so that later searches for the nearest rows
 * reach their cut-off early. Owns its arrays: use one instance per thread.
 */
export class RankedRows implements ClassRanges {
  /** Grades, NaN where not measured. */
  readonly sample: Float64Array;
  /** Indexes of the measured features. */
  measured: readonly number[] = [];
  readonly all: RowRange;
  readonly classRanges: readonly [benign: RowRange, malignant: RowRange];
  readonly multiplicities: Int32Array;
  /** Grades of the distinct rows, by feature. */
  readonly columns: readonly Int32Array[];
  /** Terms of the packed distances by feature; 0 if not measured. */
  readonly terms: readonly Int32Array[];
  /** Sum of the terms of each row. */
  readonly packedDistances: Int32Array;
  /** All zero: the deltas of an unchanged sample. */
  readonly zeroDeltas: Int32Array;
  /** Int32 where possible: it sorts faster, and all shipped models are small enough. */
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

  /** @throws RangeError when a value is not a grade */
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

  /** Terms of a feature when the sample has this grade. */
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

  /** Leaves in `sortKeys` the index of the row at each rank. */
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

/** Distinct training rows of each class with their multiplicity, benign first, in order of first occurrence. */
export interface DistinctRows {
  readonly count: number;
  readonly benignCount: number;
  /** Number of training rows that each represents. */
  readonly multiplicities: Int32Array;
  /** Grades, one array per feature. */
  readonly columns: readonly Int32Array[];
}

export function findDistinctRows(training: TrainingSet): DistinctRows {
  const benign = countDistinct(training, 0);
  const malignant = countDistinct(training, 1);
  const all = [...benign, ...malignant];
  return {
    count: all.length,
    benignCount: benign.length,
    multiplicities: Int32Array.from(all, ({ multiplicity }) => multiplicity),
    columns: Array.from({ length: training.featureCount }, (_, feature) =>
      Int32Array.from(all, ({ values }) => values[feature]),
    ),
  };
}

function countDistinct(
  { rows, featureCount, samples, labels }: TrainingSet,
  label: number,
): { values: Float64Array; multiplicity: number }[] {
  const distinct = new Map<string, { values: Float64Array; multiplicity: number }>();
  for (let row = 0; row < rows; row++) {
    if (labels[row] !== label) continue;
    const values = samples.subarray(row * featureCount, (row + 1) * featureCount);
    const entry = distinct.get(values.join());
    if (entry === undefined) distinct.set(values.join(), { values, multiplicity: 1 });
    else entry.multiplicity++;
  }
  return [...distinct.values()];
}
