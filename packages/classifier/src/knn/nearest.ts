import type { DistanceFractions } from './metric';

/** Indexes into the training set by label, ascending. */
export type RowsByLabel = readonly [benign: Int32Array, malignant: Int32Array];

/** The nearest rows among some candidates, ascending by distance; ties keep the order of the candidates. */
export class NearestRows {
  count = 0;
  /** Indexes into the training set. Only the first `count` entries of each array are valid. */
  readonly rows: Int32Array;
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;

  constructor(readonly capacity: number) {
    this.rows = new Int32Array(capacity);
    this.numerators = new Float64Array(capacity);
    this.denominators = new Float64Array(capacity);
  }

  /** Selects the nearest candidates. They must be in ascending order, so that the lower training row wins a tie. */
  selectFrom({ numerators, denominators }: DistanceFractions, candidates: Int32Array): this {
    const last = this.capacity - 1;
    let limitNumerator = Infinity;
    let limitDenominator = 1;
    this.count = 0;
    for (let i = 0; i < candidates.length; i++) {
      const row = candidates[i];
      if (numerators[row] * limitDenominator >= limitNumerator * denominators[row]) continue;
      this.insert(row, numerators[row], denominators[row]);
      if (this.count <= last) continue;
      limitNumerator = this.numerators[last];
      limitDenominator = this.denominators[last];
    }
    return this;
  }

  /** Selects the nearest rows of two disjoint selections; the lower row wins a tie. */
  merge(one: NearestRows, other: NearestRows): this {
    let [i, j] = [0, 0];
    this.count = Math.min(this.capacity, one.count + other.count);
    for (let rank = 0; rank < this.count; rank++) {
      if (j === other.count || (i < one.count && comesBefore(one, i, other, j))) this.copy(rank, one, i++);
      else this.copy(rank, other, j++);
    }
    return this;
  }

  private copy(rank: number, from: NearestRows, index: number): void {
    this.rows[rank] = from.rows[index];
    this.numerators[rank] = from.numerators[index];
    this.denominators[rank] = from.denominators[index];
  }

  /** Inserts a row in order and drops the farthest one when full. */
  private insert(row: number, numerator: number, denominator: number): void {
    const { rows, numerators, denominators } = this;
    let rank = this.count < this.capacity ? this.count++ : this.capacity - 1;
    while (rank > 0 && numerator * denominators[rank - 1] < numerators[rank - 1] * denominator) {
      rows[rank] = rows[rank - 1];
      numerators[rank] = numerators[rank - 1];
      denominators[rank] = denominators[rank - 1];
      rank--;
    }
    rows[rank] = row;
    numerators[rank] = numerator;
    denominators[rank] = denominator;
  }
}

function comesBefore(one: NearestRows, i: number, other: NearestRows, j: number): boolean {
  const left = one.numerators[i] * other.denominators[j];
  const right = other.numerators[j] * one.denominators[i];
  return left < right || (left === right && one.rows[i] < other.rows[j]);
}

/** The k nearest rows of each class and of both classes together. */
export class ClassNeighbors {
  readonly benign: NearestRows;
  readonly malignant: NearestRows;
  readonly all: NearestRows;

  constructor(readonly k: number) {
    this.benign = new NearestRows(k);
    this.malignant = new NearestRows(k);
    this.all = new NearestRows(k);
  }

  selectFrom(distances: DistanceFractions, candidates: RowsByLabel): this {
    this.benign.selectFrom(distances, candidates[0]);
    this.malignant.selectFrom(distances, candidates[1]);
    this.all.merge(this.benign, this.malignant);
    return this;
  }
}
