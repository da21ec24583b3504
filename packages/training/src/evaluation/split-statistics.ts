import type { TrainingSet, RowsByLabel } from '@cytoqueue/classifier';
import { type TrainRows, NeighborStatistics } from './neighbor-statistics';

/** Labelled rows with their groups; a group is never on both sides of a split. */
export interface EvaluationData {
  readonly training: TrainingSet;
  readonly groups: Int32Array;
}

/** Rows that the model is fitted to, and rows that it predicts. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** `NeighborStatistics` of many rows: by k − 1, one entry per row. */
type NeighborColumns = Readonly<
  Record<'benignMeans' | 'malignantMeans' | 'voteShares' | 'weightedShares', readonly Float64Array[]>
>;

/** Neighbour statistics of a split for one distance configuration. */
export interface SplitStatistics {
  readonly trainLabels: Uint8Array;
  /** Train rows, compared with train rows of other groups. */
  readonly train: NeighborColumns;
  /** Train rows, compared with all other train rows. */
  readonly trainLeaveOneOut: NeighborColumns;
  readonly test: NeighborColumns;
}

/**
 * @param distances rows × rows
 * @param maxK largest k
 */
export function summarizeSplit(
  distances: Float64Array,
  { training, groups }: EvaluationData,
  { train, test }: Split,
  maxK: number,
): SplitStatistics {
  const rowsOf = (label: number) => train.filter((row) => training.labels[row] === label);
  const rowsByLabel: RowsByLabel = [rowsOf(0), rowsOf(1)];
  const rowsAsGroups = groups.map((_, row) => row);
  const statisticsFor = (rows: Int32Array, rowGroups: Int32Array) =>
    collect(distances, rows, { rowsByLabel, groups: rowGroups }, maxK);
  return {
    trainLabels: Uint8Array.from(train, (row) => training.labels[row]),
    train: statisticsFor(train, groups),
    trainLeaveOneOut: statisticsFor(train, rowsAsGroups),
    test: statisticsFor(test, rowsAsGroups),
  };
}

function collect(distances: Float64Array, rows: Int32Array, train: TrainRows, maxK: number): NeighborColumns {
  const columns = () => Array.from({ length: maxK }, () => new Float64Array(rows.length));
  const all = { benignMeans: columns(), malignantMeans: columns(), voteShares: columns(), weightedShares: columns() };
  const neighbors = new NeighborStatistics(maxK);
  rows.forEach((row, index) => {
    neighbors.setRow(distances, row, train);
    for (let k = 0; k < maxK; k++) {
      all.benignMeans[k][index] = neighbors.benignMeans[k];
      all.malignantMeans[k][index] = neighbors.malignantMeans[k];
      all.voteShares[k][index] = neighbors.voteShares[k];
      all.weightedShares[k][index] = neighbors.weightedShares[k];
    }
  });
  return all;
}
