import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { thyroidModel } from '../../../test/src/support/third-schema';
import { modelsDirectory } from '../train/shipped-models';
import { runModelsCommand } from './models-command';

const directory = mkdtempSync(join(tmpdir(), 'models-'));
const path = join(directory, 'model.json');
const registry = new ModelRegistry(openStore(`file://${directory}/objects`));

beforeAll(() => {
  writeFileSync(path, thyroidModel('mylab'));
  jest.spyOn(console, 'log').mockImplementation();
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Returns what the command has printed as its error. */
async function models(...args: string[]): Promise<string> {
  const printed = jest.spyOn(console, 'error').mockImplementation();
  await runModelsCommand({ DATA_DIR: directory }, args);
  const error = printed.mock.calls.join('\n');
  expect(process.exitCode).toBe(error === '' ? undefined : 1);
  process.exitCode = undefined;
  printed.mockRestore();
  return error;
}

test('other bytes under a stored version are refused with the remedy', async () => {
  const other = join(directory, 'other.json');
  const taken = { ...parseModel(readFileSync(join(modelsDirectory, 'wbc-knn/1.1.0.json'))).file, version: '1.0.0' };
  writeFileSync(other, serializeModel(taken));
  expect(await models('add', other)).toBe(
    'models/wbc-knn/1.0.0.json already holds different bytes: train it again with another --model-version or --name',
  );
});

test('--tenant adds an own model, and never acts on the shared model of the same name', async () => {
  expect(await models('add', path, '--tenant', 'lab-a')).toBe('');
  expect(await registry.ofTenant('lab-a').list()).toMatchObject([{ name: 'own/mylab', champion: null }]);
  expect(await registry.find('mylab')).toBeUndefined();
  expect(await models('add', path)).toBe('');
  for (const args of [
    ['list'],
    ['promote', 'mylab', '1.0.0'],
    ['compare', 'mylab', '1.0.0'],
    ['rollback', 'wbc-knn'],
    ['shadow', 'wbc-knn', '1.0.0'],
    ['add', path, '--data', path],
  ])
    expect(await models(...args, '--tenant', 'lab-a')).toContain('Usage: npm run models');
  expect((await registry.find('mylab'))?.champion).toBeNull();
  expect(await registry.shadows.find('wbc-knn')).toBeUndefined();
  expect((await registry.ofTenant('lab-a').find('mylab'))?.versions).toEqual(['1']);
});
