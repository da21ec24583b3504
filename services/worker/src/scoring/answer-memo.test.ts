import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier, createPredictionColumns } from '@cytoqueue/classifier';
import { AnswerMemo } from './answer-memo';

const modelFile = (name: string) => readFileSync(join(__dirname, `../../../../packages/registry/models/${name}/1.0.0.json`));
const classifier = Classifier.load(modelFile('wbc-knn'));
const WIDTH = 9;

function randomSamples(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count * WIDTH }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * 10);
  });
}

/** The columns in which the memo answers otherwise than its classifier. */
function differences(memo: AnswerMemo, samples: Uint8Array): string[] {
  const count = samples.length / WIDTH;
  const [expected, given] = [createPredictionColumns(count), createPredictionColumns(count)];
  classifier.predictInto(samples, count, expected, { operatingPoint: 'default' });
  memo.predictInto(samples, count, given);
  const columns = ['probability', 'label', 'indeterminate'] as const;
  return columns.filter((column) => !Buffer.from(given[column].buffer).equals(Buffer.from(expected[column].buffer)));
}

test('answers are the classifier’s, whether known, new, beyond the memo’s room, or of a memo that has forgotten', () => {
  const memo = new AnswerMemo(classifier, 'default');
  const common = randomSamples(300, 1);
  const often = Uint8Array.from({ length: 40_000 * WIDTH }, (_, at) => common[at % common.length]);
  // 70,000 records more than there is room for, among them ones that recur.
  const shards = [often, randomSamples(30_000, 2), often, randomSamples(70_000, 3), often, randomSamples(70_000, 4), randomSamples(70_000, 4), often];
  expect(shards.flatMap((samples) => differences(memo, samples))).toEqual([]);
});

test('what recurs has an entry, and its text is found again', () => {
  const memo = new AnswerMemo(classifier, 'default');
  const samples = Uint8Array.from([...randomSamples(1, 5), ...randomSamples(1, 6), ...randomSamples(1, 5)]);
  memo.predictInto(samples, 3, createPredictionColumns(3));
  const [first, second, again] = memo.entries;
  expect([first, second, again]).toEqual([0, 1, 0]);
  expect(memo.textStart(second)).toBe(-1);
  memo.keepText(second, Buffer.from('1,2,answer'), 4);
  expect(Buffer.from(memo.texts.bytes.subarray(memo.textStart(second), memo.textEnd(second))).toString()).toBe('answer');
  expect(memo.textStart(first)).toBe(-1);
});

test('only models of small whole numbers have one', () => {
  expect(AnswerMemo.fits(classifier)).toBe(true);
  expect(AnswerMemo.fits(Classifier.load(modelFile('wdbc-knn')))).toBe(false);
});
