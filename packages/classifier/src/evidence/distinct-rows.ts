import type { TrainingSet } from '../model/model';

/** Training rows of one class with the same values, counted. Benign vectors come first, then malignant ones. */
export interface DistinctRows {
  readonly count: number;
  readonly benignCount: number;
  /** How many training rows each stands for. */
  readonly multiplicities: Int32Array;
  /** Grades, one array per feature. */
  readonly columns: readonly Int32Array[];
}

export function findDistinctRows(training: TrainingSet): DistinctRows {
  const benign = countDistinct(training, 0);
  const malignant = countDistinct(training, 1);
  const all = [...benign, ...malignant];
  return {
    count: all.length,
    benignCount: benign.length,
    multiplicities: Int32Array.from(all, ({ multiplicity }) => multiplicity),
    columns: Array.from({ length: training.featureCount }, (_, feature) =>
      Int32Array.from(all, ({ values }) => values[feature]),
    ),
  };
}

function countDistinct(
  { rows, featureCount, samples, labels }: TrainingSet,
  label: number,
): { values: Float64Array; multiplicity: number }[] {
  const distinct = new Map<string, { values: Float64Array; multiplicity: number }>();
  for (let row = 0; row < rows; row++) {
    if (labels[row] !== label) continue;
    const values = samples.subarray(row * featureCount, (row + 1) * featureCount);
    const entry = distinct.get(values.join());
    if (entry === undefined) distinct.set(values.join(), { values, multiplicity: 1 });
    else entry.multiplicity++;
  }
  return [...distinct.values()];
}
