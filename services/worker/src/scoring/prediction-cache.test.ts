import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier, createPredictionColumns } from '@cytoqueue/classifier';
import type { Dialect, RowTable } from '@cytoqueue/csv';
import { PredictionCache } from './prediction-cache';

const modelFile = (name: string) =>
  readFileSync(join(__dirname, `../../../../packages/registry/models/${name}/1.0.0.json`));
const classifier = Classifier.load(modelFile('wbc-knn'));
const WIDTH = 9;

function randomSamples(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count * WIDTH }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * 10);
  });
}

const dialect: Dialect = { delimiter: ',', lineEnd: '\n', bom: false };
const options = {
  columns: WIDTH,
  featureColumns: Array.from({ length: WIDTH }, (_, column) => column),
  maxValue: 10,
  missingTokens: [''],
};

/** Makes the cache's rowReader read the samples as the rows of a shard. */
function read({ rowReader }: PredictionCache, samples: Uint8Array): RowTable {
  const rows = Array.from({ length: samples.length / WIDTH }, (_, row) =>
    samples.subarray(row * WIDTH, (row + 1) * WIDTH).join(),
  );
  return rowReader.read(Buffer.from(rows.join('\n')), dialect, options);
}

/** Columns in which the cache differs from its classifier. */
function differences(memo: PredictionCache, samples: Uint8Array): string[] {
  const { rows, values } = read(memo, samples);
  const [expected, given] = [createPredictionColumns(rows), createPredictionColumns(rows)];
  classifier.predictInto(samples, rows, expected, { operatingPoint: 'default' });
  memo.predictInto(values, rows, given);
  memo.resultCache.fillMisses((writer) => writer.ascii('answer'));
  const columns = ['probability', 'label', 'reasonFlags'] as const;
  return columns.filter((column) => !Buffer.from(given[column].buffer).equals(Buffer.from(expected[column].buffer)));
}

test('predictions equal the classifier’s for cached and new samples, in a full cache and after it was cleared', () => {
  const memo = new PredictionCache(classifier, 'default');
  const common = randomSamples(300, 1);
  const often = Uint8Array.from({ length: 40_000 * WIDTH }, (_, at) => common[at % common.length]);
  // 70,000 more records than entries, some of them repeated.
  const shards = [
    often,
    randomSamples(30_000, 2),
    often,
    randomSamples(70_000, 3),
    often,
    randomSamples(70_000, 4),
    randomSamples(70_000, 4),
    often,
  ];
  expect(shards.flatMap((samples) => differences(memo, samples))).toEqual([]);
});

test('only models with small integer features can be cached', () => {
  expect(PredictionCache.supports(classifier)).toBe(true);
  expect(PredictionCache.supports(Classifier.load(modelFile('wdbc-knn')))).toBe(false);
});
