import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { type ObjectStore, listAll, openStore } from '@cytoqueue/storage';
import {
  ChampionInUseError,
  ComparisonMissingError,
  ModelDeletedError,
  ModelRegistry,
  NoChampionError,
  UnknownModelError,
} from './index';

const shipped = readFileSync(join(__dirname, '../models/wbc-knn/1.0.0.json'));

/** The shipped model under a laboratory's name. */
const bytesOf = (name: string, threshold = 0.5) => {
  const { digest: _, ...file } = parseModel(shipped).file;
  return Buffer.from(serializeModel({ ...file, name, operating_points: { default: threshold, sensitivity99: 0.3 } }));
};

let directory: string;
let store: ObjectStore;
let registry: ModelRegistry;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'own-models-'));
  store = openStore(`file://${directory}`);
  await store.start();
  registry = new ModelRegistry(store);
});

afterEach(async () => {
  await store.stop();
  rmSync(directory, { recursive: true });
});

test('versions count from 1, and the model names itself own/NAME@VERSION', async () => {
  const own = registry.ofTenant('lab-a');
  const first = await own.add(bytesOf('mylab'));
  const second = await own.add(bytesOf('mylab', 0.6));
  expect([first, second]).toMatchObject([
    { name: 'own/mylab', version: '1' },
    { name: 'own/mylab', version: '2' },
  ]);
  const { model } = await registry.loadPinned(second, 'lab-a');
  expect(model.ref).toBe('own/mylab@2');
  expect(await own.list()).toMatchObject([{ name: 'own/mylab', champion: null, versions: ['1', '2'] }]);
});

test('no other tenant, and no call without a tenant, finds a model by name or pin', async () => {
  const pin = await registry.ofTenant('lab-a').add(bytesOf('mylab'));
  for (const tenant of ['lab-b', undefined]) {
    await expect(registry.resolve('own/mylab@1', tenant)).rejects.toThrow(UnknownModelError);
    await expect(registry.loadPinned(pin, tenant)).rejects.toThrow(UnknownModelError);
  }
  for (const reference of ['own/../lab-a/mylab@1', 'own/lab-a/mylab@1', 'own/', 'own/mylab@../1', 'own/mylab@1@1'])
    await expect(registry.resolve(reference, 'lab-b')).rejects.toThrow(UnknownModelError);
  expect(await registry.ofTenant('lab-b').list()).toEqual([]);
  expect((await registry.list()).map(({ name }) => name)).not.toContain('own/mylab');
  for await (const { key } of listAll(store, '')) expect(key.startsWith('own-models/lab-a/')).toBe(true);
});

test('a shared model cannot have a name that begins with own/', async () => {
  await registry.ofTenant('lab-a').add(bytesOf('mylab'));
  const { bytes } = await registry.loadPinned(await registry.resolve('own/mylab@1', 'lab-a'), 'lab-a');
  await expect(registry.add(bytes)).rejects.toThrow('reserved name');
});

test('each tenant promotes its own champion; the bare name without one is refused', async () => {
  const [a, b] = [registry.ofTenant('lab-a'), registry.ofTenant('lab-b')];
  for (const own of [a, b, a]) await own.add(bytesOf('mylab'));
  await expect(registry.resolve('own/mylab', 'lab-a')).rejects.toThrow(NoChampionError);
  await a.promote('mylab', '1', 'lab-a/k1', {});
  expect(await registry.resolve('own/mylab', 'lab-a')).toMatchObject({ name: 'own/mylab', version: '1' });
  await expect(registry.resolve('own/mylab', 'lab-b')).rejects.toThrow(NoChampionError);
  await expect(a.promote('mylab', '2', 'lab-a/k1', {})).rejects.toThrow(ComparisonMissingError);
  await a.promote('mylab', '2', 'lab-a/k1', { unknown: true });
  expect((await a.find('mylab'))?.champion).toBe('2');
  await a.rollBack('mylab', 'lab-a/k1');
  expect((await a.find('mylab'))?.champion).toBe('1');
});

test('a deleted version is gone in processes that had loaded it, and its number is not given again', async () => {
  const own = registry.ofTenant('lab-a');
  await own.add(bytesOf('mylab'));
  const pin = await own.add(bytesOf('mylab'));
  const other = new ModelRegistry(store);
  await other.loadPinned(pin, 'lab-a');
  await own.delete('mylab', '2');
  for (const each of [registry, other]) await expect(each.loadPinned(pin, 'lab-a')).rejects.toThrow(ModelDeletedError);
  await expect(own.delete('mylab', '2')).rejects.toThrow(UnknownModelError);
  for await (const { key } of listAll(store, 'own-models/lab-a/models/mylab/2')) throw new Error(`${key} is left`);
  expect(await own.add(bytesOf('mylab'))).toMatchObject({ version: '3' });
});

test('the champion cannot be deleted', async () => {
  const own = registry.ofTenant('lab-a');
  await own.add(bytesOf('mylab'));
  await own.promote('mylab', '1', 'lab-a/k1', {});
  await expect(own.delete('mylab', '1')).rejects.toThrow(ChampionInUseError);
  expect((await own.find('mylab'))?.versions).toEqual(['1']);
});
