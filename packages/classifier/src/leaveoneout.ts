import { NearestRows } from './nearest';
import type { Search } from './search';
import { voteShare } from './rule';
import { TrainingDataError } from './trainingdata';

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
export function leaveOneOut(search: Search, k: number, groups: Int32Array): LeaveOneOut {
  const { rows, featureCount, samples } = search.training;
  const [benignMeans, malignantMeans, kthNumerators, kthDenominators, voteShares] = columns(5, rows);
  const nearest = new NearestRows(k);
  const [benignRows, malignantRows] = search.rowsByLabel;
  for (let row = 0; row < rows; row++) {
    const others = (candidates: Int32Array) => candidates.filter((candidate) => groups[candidate] !== groups[row]);
    const select = (candidates: Int32Array) => selectFull(nearest, search, others(candidates));
    search.measure(samples, row * featureCount);
    benignMeans[row] = search.meanDistance(select(benignRows));
    malignantMeans[row] = search.meanDistance(select(malignantRows));
    select(search.allRows);
    kthNumerators[row] = nearest.numerators[k - 1];
    kthDenominators[row] = nearest.denominators[k - 1];
    voteShares[row] = voteShare(search, nearest, others(search.allRows));
  }
  return { benignMeans, malignantMeans, kthNumerators, kthDenominators, voteShares };
}

function selectFull(nearest: NearestRows, search: Search, candidates: Int32Array): NearestRows {
  if (candidates.length < nearest.capacity) {
    const detail = `k = ${nearest.capacity} needs that many rows of each class beside every row and those of its id`;
    throw new TrainingDataError('too-few-rows', detail);
  }
  return nearest.select(search.distances, candidates);
}

function columns(count: number, rows: number): Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(rows));
}
