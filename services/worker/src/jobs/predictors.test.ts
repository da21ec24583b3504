import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { thyroidModel } from '../../../../test/src/support/third-schema';
import { Predictors } from './predictors';

let directory: string;
let registry: ModelRegistry;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'predictors-'));
  const store = openStore(pathToFileURL(directory).href);
  await store.start();
  registry = new ModelRegistry(store);
  await registry.installShipped();
});

afterEach(() => rm(directory, { recursive: true }));

test('own models that were not used lately are dropped by the size of their files; shared ones stay', async () => {
  const bytes = Buffer.from(thyroidModel('mylab'));
  const own = registry.ofTenant('lab');
  const [first, second, third] = [await own.add(bytes), await own.add(bytes), await own.add(bytes)];
  const predictors = new Predictors(registry, 2.5 * bytes.length);
  const shared = await registry.resolve();
  const ofShared = await predictors.load(shared, 'lab');
  const ofFirst = await predictors.load(first, 'lab');
  const ofSecond = await predictors.load(second, 'lab');
  expect(await predictors.load(first, 'lab')).toBe(ofFirst);
  const ofThird = await predictors.load(third, 'lab');
  expect(await predictors.load(first, 'lab')).toBe(ofFirst);
  expect(await predictors.load(third, 'lab')).toBe(ofThird);
  expect(await predictors.load(second, 'lab')).not.toBe(ofSecond);
  expect(await predictors.load(shared, 'lab')).toBe(ofShared);
});
