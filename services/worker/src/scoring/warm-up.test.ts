import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier } from '@cytoqueue/classifier';
import { wideModel } from '../../../../packages/classifier/test/wide-model';
import { scoreShard } from './score-shard';
import { createWarmUpTask } from './warm-up';

const shipped = (name: string) =>
  readFileSync(join(__dirname, `../../../../packages/registry/models/${name}/1.0.0.json`));

test.each([
  ['grades', shipped('wbc-knn')],
  ['30 real features', shipped('wdbc-knn')],
  ['8 real features on both sides of 0', Buffer.from(wideModel(8, 60))],
])('the shard that warms up a thread for a model of %s has accepted rows of many records', (_, bytes) => {
  const classifier = Classifier.load(bytes);
  const task = createWarmUpTask({ model: classifier.model, bytes });
  const lines = Buffer.from(task.bytes).toString().trimEnd().split('\n');
  const records = new Set(lines.map((line) => line.split(',').slice(1, -1).join()));
  expect(records.size).toBeGreaterThan(lines.length / 4);
  expect(scoreShard(classifier, task).counts).toMatchObject({ succeeded: lines.length, rejected: 0 });
});
