import type { TrainingSet } from '../model';

/** Training rows of one class with the same values, counted. Benign vectors come first, then malignant ones. */
export interface DistinctRows {
  readonly count: number;
  readonly benignCount: number;
  /** How many training rows each stands for. */
  readonly weights: Int32Array;
  /** Grades, one array per feature. */
  readonly columns: readonly Int32Array[];
}

export function distinctRows(training: TrainingSet): DistinctRows {
  const benign = countVectors(training, 0);
  const malignant = countVectors(training, 1);
  const all = [...benign, ...malignant];
  return {
    count: all.length,
    benignCount: benign.length,
    weights: Int32Array.from(all, ({ weight }) => weight),
    columns: Array.from({ length: training.featureCount }, (_, feature) => Int32Array.from(all, ({ values }) => values[feature])),
  };
}

function countVectors({ rows, featureCount, samples, labels }: TrainingSet, label: number): { values: Float64Array; weight: number }[] {
  const vectors = new Map<string, { values: Float64Array; weight: number }>();
  for (let row = 0; row < rows; row++) {
    if (labels[row] !== label) continue;
    const values = samples.subarray(row * featureCount, (row + 1) * featureCount);
    const vector = vectors.get(values.join());
    if (vector === undefined) vectors.set(values.join(), { values, weight: 1 });
    else vector.weight++;
  }
  return [...vectors.values()];
}
