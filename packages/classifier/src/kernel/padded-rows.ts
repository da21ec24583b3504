import type { TrainingSet } from '../model/model';

/** Groups that one instruction takes together, and those that one look for candidates does. */
export const LANES = 16;
const ROW_MULTIPLE = 2 * LANES;

/** The distinct vectors of each label with how often they occur, so that what repeats is measured once. */
export interface PaddedRows {
  /** Row-major groups × features. Filled up, label by label, to a multiple of two vectors with groups of no rows. */
  readonly samples: Uint8Array;
  /** Rows of each group; 0 for a group that fills up. */
  readonly multiplicities: Uint32Array;
  /** Groups of benign rows, which come first; a multiple of two vectors, as `count` is. */
  readonly benignCount: number;
  readonly count: number;
}

/** Similar vectors become neighbours in memory: the nearest of a sample then lie in few places, and in different lanes. */
export function padDistinctRows({ samples, labels, rows, featureCount }: TrainingSet): PaddedRows {
  const rowsOfLabel = (label: number) =>
    Array.from({ length: rows }, (_, row) => row).filter((row) => labels[row] === label);
  const valuesOf = (row: number) => samples.subarray(row * featureCount, (row + 1) * featureCount);
  const [benign, malignant] = [0, 1].map((label) => countDistinct(rowsOfLabel(label).map(valuesOf)));
  const benignCount = roundUp(benign.length);
  const count = benignCount + roundUp(malignant.length);
  const padded: PaddedRows = {
    samples: new Uint8Array(count * featureCount),
    multiplicities: new Uint32Array(count),
    benignCount,
    count,
  };
  for (const [first, distinctRows] of [
    [0, benign],
    [benignCount, malignant],
  ] as const) {
    distinctRows.forEach(({ values, multiplicity }, index) => {
      padded.samples.set(values, (first + index) * featureCount);
      padded.multiplicities[first + index] = multiplicity;
    });
  }
  return padded;
}

interface DistinctRow {
  readonly values: Float64Array;
  readonly sum: number;
  multiplicity: number;
}

function countDistinct(rows: Float64Array[]): DistinctRow[] {
  const found: DistinctRow[] = [];
  const sorted = rows
    .map((vector): DistinctRow => ({
      values: vector,
      sum: vector.reduce((total, value) => total + value, 0),
      multiplicity: 1,
    }))
    .sort(compare);
  for (const candidate of sorted) {
    const last = found.at(-1);
    if (last !== undefined && compare(last, candidate) === 0) last.multiplicity++;
    else found.push(candidate);
  }
  return found;
}

function compare(one: DistinctRow, other: DistinctRow): number {
  if (one.sum !== other.sum) return one.sum - other.sum;
  const differing = one.values.findIndex((value, feature) => value !== other.values[feature]);
  return differing < 0 ? 0 : one.values[differing] - other.values[differing];
}

function roundUp(count: number): number {
  return Math.ceil(count / ROW_MULTIPLE) * ROW_MULTIPLE;
}
