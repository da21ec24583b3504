import type { GradeScale } from './gradescale';
import type { Span } from './standing';

/** The k nearest training rows among some distinct ones; a row counts as often as it occurs. */
export interface NearestGrades {
  /** Takes the rows' sums of parts as `sums` + `more`, both made by the search's own `int32s`, as all rows are. */
  select(sums: Int32Array, more: Int32Array, weights: Int32Array, span: Span): this;
  /** Mean distance, summed from the nearest on. */
  mean(): number;
  /** Distance of the row at a place from 0, or of the last one there is. */
  distanceAt(place: number): number;
  /** How many training rows of a span are at or within the distance at a place. */
  countWithin(place: number, sums: Int32Array, more: Int32Array, weights: Int32Array, span: Span): number;
}

/** Where rows of numbers lie, and what is done with them most. */
export interface GradeSearch {
  readonly nearest: NearestGrades;
  int32s(length: number): Int32Array;
  /** out = a + b, the first `rows` of them. */
  add(a: Int32Array, b: Int32Array, out: Int32Array, rows: number): void;
  /** What another grade of a feature does to a span of rows. @param to the grade; 0 for each row's own */
  shift(rows: ShiftedRows, to: number, span: Span): void;
}

export interface ShiftedRows {
  /** The rows' grades. */
  readonly column: Int32Array;
  /** What the feature adds to the sums as it is. */
  readonly own: Int32Array;
  readonly sums: Int32Array;
  /** To be filled in: what the new grade adds to the sums, and the sums with it. */
  readonly more: Int32Array;
  readonly shifted: Int32Array;
}

/** Without WebAssembly. */
export function createPlainSearch(k: number, scale: GradeScale): GradeSearch {
  return {
    nearest: new PlainNearestGrades(k, scale),
    int32s: (length) => new Int32Array(length),
    add: (a, b, out, rows) => {
      for (let i = 0; i < rows; i++) out[i] = a[i] + b[i];
    },
    shift: ({ column, own, sums, more, shifted }, to, { from, to: end }) => {
      const width = scale.highest + 1;
      for (let i = from; i < end; i++) {
        more[i] = scale.parts[(to || column[i]) * width + column[i]] - own[i];
        shifted[i] = sums[i] + more[i];
      }
    },
  };
}

class PlainNearestGrades implements NearestGrades {
  private count = 0;
  /** Ascending. */
  private readonly distances: Float64Array;

  constructor(
    private readonly k: number,
    private readonly scale: GradeScale,
  ) {
    this.distances = new Float64Array(k);
  }

  select(sums: Int32Array, more: Int32Array, weights: Int32Array, { from, to }: Span): this {
    const { scale } = this;
    let limit = Infinity;
    this.count = 0;
    for (let i = from; i < to; i++) {
      const distance = scale.distanceOf(sums[i] + more[i]);
      if (distance < limit) limit = this.insert(distance, weights[i]);
    }
    return this;
  }

  mean(): number {
    let sum = 0;
    for (let place = 0; place < this.count; place++) sum += this.distances[place];
    return sum / this.count;
  }

  distanceAt(place: number): number {
    return this.distances[place < this.count ? place : this.count - 1];
  }

  countWithin(place: number, sums: Int32Array, more: Int32Array, weights: Int32Array, { from, to }: Span): number {
    const limit = this.distanceAt(place);
    let count = 0;
    for (let i = from; i < to; i++) if (this.scale.distanceOf(sums[i] + more[i]) <= limit) count += weights[i];
    return count;
  }

  /** @returns the distance that the next one must be below */
  private insert(distance: number, weight: number): number {
    const { distances, k } = this;
    for (let copy = 0; copy < weight; copy++) {
      if (this.count === k && distances[k - 1] <= distance) break;
      let place = this.count < k ? this.count++ : k - 1;
      for (; place > 0 && distances[place - 1] > distance; place--) distances[place] = distances[place - 1];
      distances[place] = distance;
    }
    return this.count < k ? Infinity : distances[k - 1];
  }
}
