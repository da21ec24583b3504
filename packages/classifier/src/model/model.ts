import { type Schema, schemaOf } from '@cytoqueue/schema';
import { readModelFile } from './model-bytes';
import type { ModelFile } from './model-file';

/** Training rows in flat arrays, in the order of the training file. */
export interface TrainingSet {
  readonly rows: number;
  readonly featureCount: number;
  /** Row-major rows × features. */
  readonly samples: Float64Array;
  /** 0 negative (benign), 1 positive (malignant). */
  readonly labels: Uint8Array;
  /** 1-based data rows of the training file. */
  readonly trainingRows: Int32Array;
}

/** A validated model file, with its training rows in arrays for the search. */
export interface Model {
  readonly file: ModelFile;
  readonly name: string;
  readonly version: string;
  /** `name@version`. */
  readonly ref: string;
  readonly digest: string;
  readonly schema: Schema;
  readonly training: TrainingSet;
}

/**
 * Reads a model file.
 * @throws ModelFileError when the bytes are not a model, have an unknown format version, were altered or are
 *   inconsistent
 */
export function parseModel(bytes: Uint8Array): Model {
  const file = readModelFile(bytes);
  const { name, version, digest } = file;
  return {
    file,
    name,
    version,
    digest,
    ref: `${name}@${version}`,
    schema: schemaOf(file.schema),
    training: toTrainingSet(file),
  };
}

function toTrainingSet({ features, training }: ModelFile): TrainingSet {
  return {
    rows: training.rows.length,
    featureCount: features.length,
    samples: Float64Array.from(training.samples),
    labels: Uint8Array.from(training.labels),
    trainingRows: Int32Array.from(training.rows),
  };
}
