import type { TrainingSet } from '../model';
import type { RowsByLabel } from '../nearest';
import { type KnownRows, RowNeighbors } from './rowneighbors';

/** Labelled rows; rows of one group are never on both sides of a split. */
export interface EvaluationData {
  readonly training: TrainingSet;
  readonly groups: Int32Array;
}

/** Rows whose class is known to the model, and rows that it is asked for. */
export interface Split {
  readonly known: Int32Array;
  readonly asked: Int32Array;
}

/** What the neighbours say of some rows, see `RowNeighbors`: by k − 1, one entry per row. */
export type Neighborhoods = Readonly<Record<'benignMeans' | 'malignantMeans' | 'voteShares' | 'weightedShares', readonly Float64Array[]>>;

/** A split as seen through the distances of one space. */
export interface SplitView {
  readonly knownLabels: Uint8Array;
  /** Known rows, seen by those of other groups. */
  readonly known: Neighborhoods;
  /** Known rows, seen by all known rows but themselves. */
  readonly knownButItself: Neighborhoods;
  readonly asked: Neighborhoods;
}

/**
 * @param distances rows × rows
 * @param most largest k
 */
export function viewSplit(distances: Float64Array, { training, groups }: EvaluationData, { known, asked }: Split, most: number): SplitView {
  const rowsOf = (label: number) => known.filter((row) => training.labels[row] === label);
  const rowsByLabel: RowsByLabel = [rowsOf(0), rowsOf(1)];
  const itself = groups.map((_, row) => row);
  const look = (rows: Int32Array, apart: Int32Array) => gather(distances, rows, { rowsByLabel, groups: apart }, most);
  return {
    knownLabels: Uint8Array.from(known, (row) => training.labels[row]),
    known: look(known, groups),
    knownButItself: look(known, itself),
    asked: look(asked, itself),
  };
}

function gather(distances: Float64Array, rows: Int32Array, known: KnownRows, most: number): Neighborhoods {
  const columns = () => Array.from({ length: most }, () => new Float64Array(rows.length));
  const all = { benignMeans: columns(), malignantMeans: columns(), voteShares: columns(), weightedShares: columns() };
  const neighbors = new RowNeighbors(most);
  rows.forEach((row, index) => {
    neighbors.take(distances, row, known);
    for (let k = 0; k < most; k++) {
      all.benignMeans[k][index] = neighbors.benignMeans[k];
      all.malignantMeans[k][index] = neighbors.malignantMeans[k];
      all.voteShares[k][index] = neighbors.voteShares[k];
      all.weightedShares[k][index] = neighbors.weightedShares[k];
    }
  });
  return all;
}
