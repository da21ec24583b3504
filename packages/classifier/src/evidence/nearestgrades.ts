import type { GradeScale } from './gradescale';
import type { Span } from './standing';

const NONE = 0x7fffffff;

/** The ranks of the k nearest training rows among some distinct ones, ascending; a row counts as often as it occurs. */
export class NearestGrades {
  count = 0;
  readonly ranks: Int32Array;

  constructor(
    private readonly k: number,
    private readonly scale: GradeScale,
  ) {
    this.ranks = new Int32Array(k);
  }

  /** Takes the rows' sums of parts as `sums` + `more`. */
  select(sums: Int32Array, more: Int32Array, weights: Int32Array, { from, to }: Span): this {
    const { ranks } = this.scale;
    let limit = NONE;
    this.count = 0;
    for (let i = from; i < to; i++) {
      const rank = ranks[sums[i] + more[i]];
      if (rank < limit) limit = this.insert(rank, weights[i]);
    }
    return this;
  }

  /** Mean distance, summed from the nearest on. */
  mean(): number {
    const { distances } = this.scale;
    let sum = 0;
    for (let place = 0; place < this.count; place++) sum += distances[this.ranks[place]];
    return sum / this.count;
  }

  /** Rank of the row at a place from 0, or of the last one there is. */
  rankAt(place: number): number {
    return this.ranks[place < this.count ? place : this.count - 1];
  }

  /** Its distance. */
  distanceAt(place: number): number {
    return this.scale.distances[this.rankAt(place)];
  }

  /** @returns the rank that the next one must be below */
  private insert(rank: number, weight: number): number {
    const { ranks, k } = this;
    for (let copy = 0; copy < weight; copy++) {
      if (this.count === k && ranks[k - 1] <= rank) break;
      let place = this.count < k ? this.count++ : k - 1;
      for (; place > 0 && ranks[place - 1] > rank; place--) ranks[place] = ranks[place - 1];
      ranks[place] = rank;
    }
    return this.count < k ? NONE : ranks[k - 1];
  }
}
