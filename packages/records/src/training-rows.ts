import { ObjectCorruptError } from '@cytoqueue/storage';

/** Labelled rows of a training file, in its order. `groups` are the indices of the first row of the same patient: no id is stored. */
export interface TrainingRows {
  readonly rows: number;
  readonly featureCount: number;
  /** Row-major. */
  readonly samples: Float64Array;
  /** 0 or 1, the index of the class. */
  readonly labels: Uint8Array;
  /** 1-based data rows of the file. */
  readonly trainingRows: Int32Array;
  readonly groups: Int32Array;
}

/** Little-endian, as on every platform of the product: samples, data rows, groups, labels. */
export function encodeTrainingRows({ samples, trainingRows, groups, labels }: TrainingRows): Buffer {
  return Buffer.concat([samples, trainingRows, groups, labels].map(toBuffer));
}

/** @throws ObjectCorruptError when the object has another size */
export function decodeTrainingRows(key: string, bytes: Uint8Array, rows: number, featureCount: number): TrainingRows {
  const counts = [8 * rows * featureCount, 4 * rows, 4 * rows, rows];
  if (bytes.length !== counts.reduce((sum, count) => sum + count, 0))
    throw new ObjectCorruptError(key, `it does not hold ${rows} rows of ${featureCount} features`);
  // A copy begins at a multiple of eight, as Float64Array needs.
  const { buffer } = Uint8Array.from(bytes);
  const [samples = 0, trainingRows = 0, groups = 0] = counts;
  return {
    rows,
    featureCount,
    samples: new Float64Array(buffer, 0, rows * featureCount),
    trainingRows: new Int32Array(buffer, samples, rows),
    groups: new Int32Array(buffer, samples + trainingRows, rows),
    labels: new Uint8Array(buffer, samples + trainingRows + groups, rows),
  };
}

function toBuffer({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
