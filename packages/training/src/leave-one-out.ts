import { ClassNeighbors, type RowsByLabel, type BruteForceSearch, voteShare } from '@cytoqueue/classifier';
import { TrainingDataError } from './training-data';

/** What each training row looks like to the others. One entry per row. */
export interface LeaveOneOut {
  /** Mean distance to the k nearest rows of either class. */
  readonly benignMeans: Float64Array;
  readonly malignantMeans: Float64Array;
  /** Distance to the k-th nearest of all, as a fraction. */
  readonly kthNumerators: Float64Array;
  readonly kthDenominators: Float64Array;
  /** Share of malignant among all rows at or within the k-th distance. */
  readonly voteShares: Float64Array;
}

/**
 * Measures every training row against those of other groups.
 * @param groups rows with the same number do not see each other; a row's own index leaves out just itself
 * @throws TrainingDataError `too-few-rows` when a row sees less than k rows of a class
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
    `k = ${k} needs as many rows of each class beside every row and its id's`,
  );
}

function columns(count: number, rows: number): Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(rows));
}
