import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { thyroidModel } from '../../../test/src/support/third-schema';
import { modelsDirectory } from '../train/shipped-models';
import { runModels } from './models-command.test.fixtures';

const directory = mkdtempSync(join(tmpdir(), 'models-'));
const path = join(directory, 'model.json');
const registry = new ModelRegistry(openStore(`file://${directory}/objects`));

beforeAll(() => {
  writeFileSync(path, thyroidModel('mylab'));
});

afterAll(() => rmSync(directory, { recursive: true }));

test('other bytes under a stored version are refused with the remedy', async () => {
  const other = join(directory, 'other.json');
  const taken = { ...parseModel(readFileSync(join(modelsDirectory, 'wbc-knn/1.1.0.json'))).file, version: '1.0.0' };
  writeFileSync(other, serializeModel(taken));
  expect(await runModels(directory, 'add', other)).toEqual({
    status: 1,
    said: 'models/wbc-knn/1.0.0.json already holds different bytes: train it again with another --model-version or --name',
  });
});

test('--tenant adds an own model, and never acts on the shared model of the same name', async () => {
  expect(await runModels(directory, 'add', path, '--tenant', 'lab-a')).toMatchObject({ status: 0 });
  expect(await registry.ofTenant('lab-a').list()).toMatchObject([{ name: 'own/mylab', champion: null }]);
  expect(await registry.find('mylab')).toBeUndefined();
  expect(await runModels(directory, 'add', path)).toMatchObject({ status: 0 });
  for (const args of [
    ['list'],
    ['promote', 'mylab', '1.0.0'],
    ['compare', 'mylab', '1.0.0'],
    ['rollback', 'wbc-knn'],
    ['shadow', 'wbc-knn', '1.0.0'],
    ['add', path, '--data', path],
  ])
    expect(await runModels(directory, ...args, '--tenant', 'lab-a')).toMatchObject({
      status: 1,
      said: expect.stringContaining('Usage: npm run models'),
    });
  expect((await registry.find('mylab'))?.champion).toBeNull();
  expect(await registry.shadows.find('wbc-knn')).toBeUndefined();
  expect((await registry.ofTenant('lab-a').find('mylab'))?.versions).toEqual(['1']);
});
