import type { Label } from '@cytoqueue/schema';
import type { RowsByLabel } from '@cytoqueue/classifier';

/** Rows that can be neighbours of other rows. */
export interface TrainRows {
  readonly rowsByLabel: RowsByLabel;
  /** Group of every row, train or test: rows of one group are not neighbours. */
  readonly groups: Int32Array;
}

/** Statistics of the k nearest train rows of one row, for all k at once: entry k − 1 is for k. */
export class NeighborStatistics {
  /** Mean distance to the k nearest rows of each class. */
  readonly benignMeans: Float64Array;
  readonly malignantMeans: Float64Array;
  /**
   * Malignant share of the votes of all rows at or within the k-th distance: unweighted, and weighted by 1 / distance.
   */
  readonly voteShares: Float64Array;
  readonly weightedShares: Float64Array;
  private readonly benign: Float64Array;
  private readonly malignant: Float64Array;

  constructor(readonly maxK: number) {
    const column = () => new Float64Array(maxK);
    [this.benignMeans, this.malignantMeans, this.voteShares, this.weightedShares] = [
      column(),
      column(),
      column(),
      column(),
    ];
    [this.benign, this.malignant] = [column(), column()];
  }

  /** @param row compared with the train rows of other groups, of which each class must have at least `maxK` */
  setRow(distances: Float64Array, row: number, train: TrainRows): void {
    const offset = row * train.groups.length;
    findNearestDistances(distances, offset, train, 0, row, this.benign);
    findNearestDistances(distances, offset, train, 1, row, this.malignant);
    runningMeans(this.benign, this.benignMeans);
    runningMeans(this.malignant, this.malignantMeans);
    const countWithin = (label: Label, limit: number) => countRowsWithin(distances, offset, train, label, row, limit);
    this.vote(countWithin);
  }

  private vote(countWithin: (label: Label, limit: number) => number): void {
    const { benign, malignant, maxK } = this;
    const ofBenign = new Votes(benign, (limit) => countWithin(0, limit));
    const ofMalignant = new Votes(malignant, (limit) => countWithin(1, limit));
    let [b, m] = [0, 0];
    for (let k = 1; k <= maxK; k++) {
      const limit = m === maxK || (b < maxK && benign[b] <= malignant[m]) ? benign[b++] : malignant[m++];
      ofBenign.extend(limit);
      ofMalignant.extend(limit);
      this.voteShares[k - 1] = ofMalignant.count / (ofMalignant.count + ofBenign.count);
      this.weightedShares[k - 1] = weightedShare(ofBenign, ofMalignant);
    }
  }
}

/** Votes of one class within a growing limit. */
class Votes {
  count = 0;
  atZero = 0;
  weight = 0;
  private nextRank = 0;

  constructor(
    private readonly sorted: Float64Array,
    private readonly countWithin: (limit: number) => number,
  ) {}

  extend(limit: number): void {
    const { sorted } = this;
    for (; this.nextRank < sorted.length && sorted[this.nextRank] <= limit; this.nextRank++)
      this.add(sorted[this.nextRank], 1);
    // More rows may tie with the last one in `sorted`.
    if (this.nextRank === sorted.length && this.count === sorted.length)
      this.add(limit, this.countWithin(limit) - this.count);
  }

  private add(distance: number, votes: number): void {
    this.count += votes;
    if (distance === 0) this.atZero += votes;
    else this.weight += votes / distance;
  }
}

/** Only rows at distance 0 vote when there are any. */
function weightedShare(benign: Votes, malignant: Votes): number {
  const atZero = benign.atZero + malignant.atZero;
  return atZero > 0 ? malignant.atZero / atZero : malignant.weight / (malignant.weight + benign.weight);
}

/** Writes the smallest distances to `out`, ascending. */
function findNearestDistances(
  distances: Float64Array,
  offset: number,
  train: TrainRows,
  label: Label,
  row: number,
  out: Float64Array,
): void {
  const { groups, rowsByLabel } = train;
  const rows = rowsByLabel[label];
  const group = groups[row];
  const last = out.length - 1;
  out.fill(Infinity);
  for (let i = 0; i < rows.length; i++) {
    const distance = distances[offset + rows[i]];
    if (distance >= out[last] || groups[rows[i]] === group) continue;
    let rank = last;
    for (; rank > 0 && out[rank - 1] > distance; rank--) out[rank] = out[rank - 1];
    out[rank] = distance;
  }
}

function countRowsWithin(
  distances: Float64Array,
  offset: number,
  train: TrainRows,
  label: Label,
  row: number,
  limit: number,
): number {
  const { groups, rowsByLabel } = train;
  return rowsByLabel[label].filter((other) => groups[other] !== groups[row] && distances[offset + other] <= limit)
    .length;
}

function runningMeans(sorted: Float64Array, out: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) {
    sum += sorted[i];
    out[i] = sum / (i + 1);
  }
}
