import type { PackedMetric } from './packed-metric';
import type { RowRange } from './row-range';

/** The k nearest training rows among some distinct ones; a row counts as often as it occurs. */
export interface NearestGrades {
  /** Takes the rows' sums of parts as `sums` + `more`, both made by the search's own `int32s`, as all rows are. */
  select(packedDistances: Int32Array, deltas: Int32Array, multiplicities: Int32Array, range: RowRange): this;
  /** Mean distance, summed from the nearest on. */
  mean(): number;
  /** Distance of the row at a place from 0, or of the last one there is. */
  distanceAt(rank: number): number;
  /** How many training rows of a span are at or within the distance at a place. */
  countWithin(
    rank: number,
    packedDistances: Int32Array,
    deltas: Int32Array,
    multiplicities: Int32Array,
    range: RowRange,
  ): number;
}

/** Where rows of numbers lie, and what is done with them most. */
export interface GradeSearch {
  readonly nearest: NearestGrades;
  allocateInt32(length: number): Int32Array;
  /** out = a + b, the first `rows` of them. */
  add(a: Int32Array, b: Int32Array, out: Int32Array, rows: number): void;
  /** What another grade of a feature does to a span of rows. @param to the grade; 0 for each row's own */
  applyChange(rows: ChangedRows, to: number, range: RowRange): void;
}

export interface ChangedRows {
  /** The rows' grades. */
  readonly column: Int32Array;
  /** What the feature adds to the sums as it is. */
  readonly currentTerms: Int32Array;
  readonly packedDistances: Int32Array;
  /** To be filled in: what the new grade adds to the sums, and the sums with it. */
  readonly deltas: Int32Array;
  readonly changedDistances: Int32Array;
}

/** Without WebAssembly. */
export function createScalarSearch(k: number, packedMetric: PackedMetric): GradeSearch {
  return {
    nearest: new ScalarNearestGrades(k, packedMetric),
    allocateInt32: (length) => new Int32Array(length),
    add: (a, b, out, rows) => {
      for (let i = 0; i < rows; i++) out[i] = a[i] + b[i];
    },
    applyChange: ({ column, currentTerms, packedDistances, deltas, changedDistances }, to, { start, end }) => {
      const width = packedMetric.maxGrade + 1;
      for (let i = start; i < end; i++) {
        deltas[i] = packedMetric.terms[(to || column[i]) * width + column[i]] - currentTerms[i];
        changedDistances[i] = packedDistances[i] + deltas[i];
      }
    },
  };
}

class ScalarNearestGrades implements NearestGrades {
  private count = 0;
  /** Ascending. */
  private readonly distances: Float64Array;

  constructor(
    private readonly k: number,
    private readonly packedMetric: PackedMetric,
  ) {
    this.distances = new Float64Array(k);
  }

  select(packedDistances: Int32Array, deltas: Int32Array, multiplicities: Int32Array, { start, end }: RowRange): this {
    const { packedMetric } = this;
    let limit = Infinity;
    this.count = 0;
    for (let i = start; i < end; i++) {
      const distance = packedMetric.toDistance(packedDistances[i] + deltas[i]);
      if (distance < limit) limit = this.insert(distance, multiplicities[i]);
    }
    return this;
  }

  mean(): number {
    let sum = 0;
    for (let rank = 0; rank < this.count; rank++) sum += this.distances[rank];
    return sum / this.count;
  }

  distanceAt(rank: number): number {
    return this.distances[rank < this.count ? rank : this.count - 1];
  }

  countWithin(
    rank: number,
    packedDistances: Int32Array,
    deltas: Int32Array,
    multiplicities: Int32Array,
    { start, end }: RowRange,
  ): number {
    const limit = this.distanceAt(rank);
    let count = 0;
    for (let i = start; i < end; i++)
      if (this.packedMetric.toDistance(packedDistances[i] + deltas[i]) <= limit) count += multiplicities[i];
    return count;
  }

  /** @returns the distance that the next one must be below */
  private insert(distance: number, multiplicity: number): number {
    const { distances, k } = this;
    for (let copy = 0; copy < multiplicity; copy++) {
      if (this.count === k && distances[k - 1] <= distance) break;
      let rank = this.count < k ? this.count++ : k - 1;
      for (; rank > 0 && distances[rank - 1] > distance; rank--) distances[rank] = distances[rank - 1];
      distances[rank] = distance;
    }
    return this.count < k ? Infinity : distances[k - 1];
  }
}
