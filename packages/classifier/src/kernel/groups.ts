import type { TrainingSet } from '../model';

/** Groups that one instruction takes together, and those that one look for candidates does. */
export const LANES = 16;
const STEP = 2 * LANES;

/** The distinct vectors of each label with how often they occur, so that what repeats is measured once. */
export interface Groups {
  /** Row-major groups × features. Filled up, label by label, to a multiple of two vectors with groups of no rows. */
  readonly samples: Uint8Array;
  /** Rows of each group; 0 for a group that fills up. */
  readonly counts: Uint32Array;
  /** Groups of benign rows, which come first; a multiple of two vectors, as `count` is. */
  readonly benignCount: number;
  readonly count: number;
}

/** Similar vectors become neighbours in memory: the nearest of a sample then lie in few places, and in different lanes. */
export function groupRows({ samples, labels, rows, featureCount }: TrainingSet): Groups {
  const rowsOfLabel = (label: number) => Array.from({ length: rows }, (_, row) => row).filter((row) => labels[row] === label);
  const vectorOf = (row: number) => samples.subarray(row * featureCount, (row + 1) * featureCount);
  const [benign, malignant] = [0, 1].map((label) => distinct(rowsOfLabel(label).map(vectorOf)));
  const benignCount = roundUp(benign.length);
  const count = benignCount + roundUp(malignant.length);
  const groups = { samples: new Uint8Array(count * featureCount), counts: new Uint32Array(count), benignCount, count };
  for (const [first, distinctVectors] of [[0, benign], [benignCount, malignant]] as const) {
    distinctVectors.forEach(({ vector, rows: repeats }, index) => {
      groups.samples.set(vector, (first + index) * featureCount);
      groups.counts[first + index] = repeats;
    });
  }
  return groups;
}

interface DistinctVector {
  readonly vector: Float64Array;
  readonly sum: number;
  rows: number;
}

function distinct(vectors: Float64Array[]): DistinctVector[] {
  const found: DistinctVector[] = [];
  const sorted = vectors.map((vector) => ({ vector, sum: vector.reduce((total, value) => total + value, 0), rows: 1 })).sort(compare);
  for (const next of sorted) {
    const last = found.at(-1);
    if (last !== undefined && compare(last, next) === 0) last.rows++;
    else found.push(next);
  }
  return found;
}

function compare(one: DistinctVector, other: DistinctVector): number {
  if (one.sum !== other.sum) return one.sum - other.sum;
  const differing = one.vector.findIndex((value, feature) => value !== other.vector[feature]);
  return differing < 0 ? 0 : one.vector[differing] - other.vector[differing];
}

function roundUp(count: number): number {
  return Math.ceil(count / STEP) * STEP;
}
