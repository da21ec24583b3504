import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Model } from '@cytoqueue/classifier';
import { createRandom, drawQueries } from '../classifier/queries';

const CHUNK_ROWS = 50_000;
const FIRST_ID = 1_000_000;
const SEED = 11;

/** Eleven columns like the training data's source file: an id, nine features, a class that is ignored. */
export async function writeInputFile(file: string, rows: number, model: Model, seed = SEED): Promise<void> {
  await pipeline(Readable.from(inputChunks(rows, model, seed)), createWriteStream(file));
}

/** Rows that are not training rows. */
function* inputChunks(rows: number, model: Model, seed: number): Generator<string> {
  const { featureCount } = model.training;
  const isTrained = trainedRows(model);
  const random = createRandom(seed);
  yield `${['id', ...model.schema.features.map(({ name }) => name), 'class'].join(',')}\n`;
  for (let written = 0; written < rows;) {
    const drawn = drawQueries(model, CHUNK_ROWS, random);
    let text = '';
    for (let at = 0; at < drawn.length && written < rows; at += featureCount) {
      const values = drawn.subarray(at, at + featureCount).join(',');
      if (isTrained.has(values)) continue;
      text += `${FIRST_ID + written},${values},2\n`;
      written++;
    }
    yield text;
  }
}

function trainedRows({ training }: Model): Set<string> {
  const { samples, featureCount, rows } = training;
  return new Set(
    Array.from({ length: rows }, (_, row) => samples.subarray(row * featureCount, (row + 1) * featureCount).join(',')),
  );
}
