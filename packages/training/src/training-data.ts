import type { LabelledSample, Schema } from '@cytoqueue/schema';
import type { TrainingSet } from '@cytoqueue/classifier';

export { groupById, type LabelledSample } from '@cytoqueue/schema';

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
