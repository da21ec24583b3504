import type { Label, Schema } from '@cytoqueue/schema';
import type { TrainingSet } from '@cytoqueue/classifier';

/** One complete row of a training file. */
export interface LabelledSample {
  /** 1-based data row of the training file. */
  readonly trainingRow: number;
  /** Rows of one patient are left out together. Not stored in the model. */
  readonly id?: string;
  /** Raw values in the schema's order, all measured. */
  readonly sample: ArrayLike<number>;
  readonly label: Label;
}

export type TrainingDataErrorCode = 'invalid-row' | 'row-order' | 'too-few-rows' | 'constant-column' | 'separable';

/** No model can be fitted to the data. The message explains the reason to the person who supplied them. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';

  constructor(
    readonly code: TrainingDataErrorCode,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/**
 * Copies labelled samples into flat arrays.
 * @throws TrainingDataError `too-few-rows` for none, `invalid-row` for a value that is missing or out of range,
 *   `row-order` unless training rows ascend
 */
export function createTrainingSet(labelled: readonly LabelledSample[], schema: Schema): TrainingSet {
  if (labelled.length === 0) throw new TrainingDataError('too-few-rows', 'there are no complete rows');
  labelled.forEach((row, index) => checkRow(row, labelled[index - 1], schema));
  return {
    rows: labelled.length,
    featureCount: schema.features.length,
    samples: Float64Array.from(labelled.flatMap(({ sample }) => Array.from(sample))),
    labels: Uint8Array.from(labelled, ({ label }) => label),
    trainingRows: Int32Array.from(labelled, ({ trainingRow }) => trainingRow),
  };
}

/** Group of each row: the index of the first row with the same id, or its own index without an id. */
export function groupById(labelled: readonly LabelledSample[]): Int32Array {
  const firstById = new Map<string, number>();
  return Int32Array.from(labelled, ({ id }, row) => {
    if (id === undefined) return row;
    if (!firstById.has(id)) firstById.set(id, row);
    return firstById.get(id) ?? row;
  });
}

function checkRow(row: LabelledSample, previous: LabelledSample | undefined, { features }: Schema): void {
  const location = `data row ${row.trainingRow}`;
  const isValid = features.every(({ min, max, integer }, index) => {
    const value = row.sample[index];
    return value >= min && value <= max && (!integer || Number.isInteger(value));
  });
  if (!isValid || row.sample.length !== features.length) {
    throw new TrainingDataError('invalid-row', `${location} has a value that is missing or out of range`);
  }
  if (row.trainingRow <= (previous?.trainingRow ?? 0)) {
    throw new TrainingDataError('row-order', `${location} is not after the previous row`);
  }
}
