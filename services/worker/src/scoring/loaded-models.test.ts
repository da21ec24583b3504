import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel } from '@cytoqueue/classifier';
import { LoadedModels } from './loaded-models';
import type { ShardTask, TaskModel } from './shard-task';

function shipped(path: string): TaskModel {
  const bytes = readFileSync(join(__dirname, `../../../../packages/registry/models/${path}.json`));
  return { digest: parseModel(bytes).digest, bytes };
}

const [first, second, third] = ['wbc-knn/1.0.0', 'wbc-knn-euclidean/1.0.0', 'wdbc-knn/1.0.0'].map(shipped) as [
  TaskModel,
  TaskModel,
  TaskModel,
];

const taskOf = (model: TaskModel): ShardTask => ({
  bytes: Buffer.alloc(0),
  rows: 0,
  firstRow: 1,
  dialect: { delimiter: ',', lineEnd: '\n', bom: false },
  columns: [],
  options: { formulas: 'escape', operating_point: 'default', missing: 'partial', explain: false },
  model,
});

test('a model that was not used lately is dropped, with its explainer and prediction cache', () => {
  const models = new LoadedModels(2);
  const partsOf = (model: TaskModel) => [
    models.classifierFor(model),
    models.explainerFor(model),
    models.cacheFor(taskOf(model)),
  ];
  const ofFirst = partsOf(first);
  const ofSecond = partsOf(second);
  // Uses the first model, so that the second is the one to drop.
  expect(partsOf(first).map((part, index) => part === ofFirst[index])).toEqual([true, true, true]);
  models.classifierFor(third);
  expect(partsOf(first).map((part, index) => part === ofFirst[index])).toEqual([true, true, true]);
  expect(partsOf(second).map((part, index) => part === ofSecond[index])).toEqual([false, false, false]);
});

test('large models are dropped although they are few, but never the one in use', () => {
  const models = new LoadedModels(8, first.bytes.length + second.bytes.length);
  const ofFirst = models.classifierFor(first);
  const ofSecond = models.classifierFor(second);
  expect(models.classifierFor(first)).toBe(ofFirst);
  const ofThird = models.classifierFor(third);
  expect(models.classifierFor(third)).toBe(ofThird);
  expect(models.classifierFor(second)).not.toBe(ofSecond);
  const tiny = new LoadedModels(8, 1);
  expect(tiny.classifierFor(first)).toBe(tiny.classifierFor(first));
});
