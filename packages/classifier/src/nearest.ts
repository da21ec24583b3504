import type { Distances } from './metric';

/** The nearest few of the rows that were offered: ascending by distance, ties in the order of offering. */
export class NearestRows {
  count = 0;
  /** Indexes into the training set; the first `count` are valid, here and below. */
  readonly rows: Int32Array;
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;

  constructor(readonly capacity: number) {
    this.rows = new Int32Array(capacity);
    this.numerators = new Float64Array(capacity);
    this.denominators = new Float64Array(capacity);
  }

  /** Keeps the nearest of the candidates, which must ascend so that the lower training row wins a tie. */
  select({ numerators, denominators }: Distances, candidates: Int32Array): this {
    this.count = 0;
    for (let i = 0; i < candidates.length; i++) {
      const row = candidates[i];
      this.offer(row, numerators[row], denominators[row]);
    }
    return this;
  }

  /** True when the fraction is strictly nearer than the farthest row kept. */
  private isNearer(numerator: number, denominator: number, place: number): boolean {
    return numerator * this.denominators[place] < this.numerators[place] * denominator;
  }

  private offer(row: number, numerator: number, denominator: number): void {
    const { rows, numerators, denominators, capacity } = this;
    if (this.count === capacity && !this.isNearer(numerator, denominator, capacity - 1)) return;
    let place = this.count < capacity ? this.count++ : capacity - 1;
    while (place > 0 && this.isNearer(numerator, denominator, place - 1)) {
      rows[place] = rows[place - 1];
      numerators[place] = numerators[place - 1];
      denominators[place] = denominators[place - 1];
      place--;
    }
    rows[place] = row;
    numerators[place] = numerator;
    denominators[place] = denominator;
  }
}
