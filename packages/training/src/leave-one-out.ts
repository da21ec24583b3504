import { ClassNeighbors, type RowsByLabel, type BruteForceSearch, voteShare } from '@cytoqueue/classifier';
import { TrainingDataError } from './training-data';

/** Statistics of each training row's neighbours among the other rows. One entry per row. */
export interface LeaveOneOut {
  /** Mean distance to the k nearest rows of each class. */
  readonly benignMeans: Float64Array;
  readonly malignantMeans: Float64Array;
  /** Distance to the k-th nearest row of both classes together, as a fraction. */
  readonly kthNumerators: Float64Array;
  readonly kthDenominators: Float64Array;
  /** Share of malignant rows among all rows at or within the k-th distance. */
  readonly voteShares: Float64Array;
}

/**
 * Compares every training row with the rows of other groups.
 * @param groups rows with the same number are not compared; if each row has its own number, only the row is left out
 * @throws TrainingDataError `too-few-rows` when fewer than k rows of a class remain for some row
 */
export function computeLeaveOneOut(search: BruteForceSearch, k: number, groups: Int32Array): LeaveOneOut {
  const { rows, featureCount, samples } = search.training;
  const [benignMeans, malignantMeans, kthNumerators, kthDenominators, voteShares] = columns(5, rows);
  const neighborhood = new ClassNeighbors(k);
  for (let row = 0; row < rows; row++) {
    const others = otherRows(search.rowsByLabel, groups, row, k);
    search.computeDistances(samples, row * featureCount);
    const { benign, malignant, all } = neighborhood.selectFrom(search.distances, others);
    benignMeans[row] = search.meanDistance(benign);
    malignantMeans[row] = search.meanDistance(malignant);
    kthNumerators[row] = all.numerators[k - 1];
    kthDenominators[row] = all.denominators[k - 1];
    voteShares[row] = voteShare(search.distances, others, all);
  }
  return { benignMeans, malignantMeans, kthNumerators, kthDenominators, voteShares };
}

function otherRows([benign, malignant]: RowsByLabel, groups: Int32Array, row: number, k: number): RowsByLabel {
  const isOther = (candidate: number) => groups[candidate] !== groups[row];
  const others = [benign.filter(isOther), malignant.filter(isOther)] as const;
  if (others.every(({ length }) => length >= k)) return others;
  throw new TrainingDataError(
    'too-few-rows',
    `k = ${k} needs at least ${k} rows of each class with other ids than any one row`,
  );
}

function columns(count: number, rows: number): Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(rows));
}
