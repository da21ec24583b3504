import type { Label, Schema } from '@cytoqueue/schema';
import type { TrainingSet } from '@cytoqueue/classifier';

/** One complete row of a training file. */
export interface LabelledSample {
  /** 1-based data row of the training file. */
  readonly trainingRow: number;
  /** Rows with one id never vouch for each other in leave-one-out. Not kept in the model. */
  readonly id?: string;
  /** Raw values in the schema's order, all measured. */
  readonly sample: ArrayLike<number>;
  readonly label: Label;
}

export type TrainingDataErrorCode = 'invalid-row' | 'row-order' | 'too-few-rows' | 'constant-column' | 'separable';

/** Data from which no model can be made; the message says why in words for whoever supplied them. */
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
 * Lays labelled samples out in flat arrays.
 * @throws TrainingDataError `too-few-rows` for none, `invalid-row` for a value that is absent or out of range,
 *   `row-order` unless training rows ascend
 */
export function createTrainingSet(labelled: readonly LabelledSample[], schema: Schema): TrainingSet {
  if (labelled.length === 0) throw new TrainingDataError('too-few-rows', 'there is no complete row');
  labelled.forEach((row, index) => checkRow(row, labelled[index - 1], schema));
  return {
    rows: labelled.length,
    featureCount: schema.features.length,
    samples: Float64Array.from(labelled.flatMap(({ sample }) => Array.from(sample))),
    labels: Uint8Array.from(labelled, ({ label }) => label),
    trainingRows: Int32Array.from(labelled, ({ trainingRow }) => trainingRow),
  };
}

/** For every row the number of the first row with the same id; its own where there is no id. */
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
    throw new TrainingDataError('invalid-row', `${location} has a value that is absent or out of range`);
  }
  if (row.trainingRow <= (previous?.trainingRow ?? 0)) {
    throw new TrainingDataError('row-order', `${location} does not come after the one before`);
  }
}
