import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelFileError, parseModel, serializeModel } from '@cytoqueue/classifier';
import type { ModelComparison } from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore, listAll, openStore } from '@cytoqueue/storage';
import {
  ChampionInUseError,
  ComparisonMissingError,
  ModelDeletedError,
  ModelRegistry,
  NoChampionError,
  NothingToRollBackError,
  UnknownModelError,
} from './index';

const shipped = readFileSync(join(__dirname, '../models/wbc-knn/1.0.0.json'));

/** The shipped model under a laboratory's name. */
const bytesOf = (name: string, threshold = 0.5) => {
  const { digest: _, ...file } = parseModel(shipped).file;
  return Buffer.from(serializeModel({ ...file, name, operating_points: { default: threshold, sensitivity99: 0.3 } }));
};

/** The file as a training writes it. */
const ownBytes = (name: string, version: string, threshold = 0.5) => {
  const { digest: _, ...file } = parseModel(shipped).file;
  const own = { ...file, name: `own/${name}`, version };
  return Buffer.from(serializeModel({ ...own, operating_points: { default: threshold, sensitivity99: 0.3 } }));
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
  const { bytes } = await registry.load('own/mylab@1', 'lab-a');
  await expect(registry.add(bytes)).rejects.toThrow(`"own/mylab" is a reserved name: own/NAME means`);
});

test('each tenant promotes its own champion; the bare name without one is refused', async () => {
  const [a, b] = [registry.ofTenant('lab-a'), registry.ofTenant('lab-b')];
  for (const own of [a, b, a]) await own.add(bytesOf('mylab'));
  await expect(registry.resolve('own/mylab', 'lab-a')).rejects.toThrow(
    new NoChampionError(
      'own/mylab has no champion yet: name a version (own/mylab@VERSION), or have an admin of the tenant promote one',
    ),
  );
  await expect(registry.resolve('own/other', 'lab-a')).rejects.toThrow('there is no model named own/other');
  await a.promote('mylab', '1', 'lab-a/k1', {});
  expect(await registry.resolve('own/mylab', 'lab-a')).toMatchObject({ name: 'own/mylab', version: '1' });
  await expect(registry.resolve('own/mylab', 'lab-b')).rejects.toThrow(NoChampionError);
  await expect(a.promote('mylab', '2', 'lab-a/k1', {})).rejects.toThrow(ComparisonMissingError);
  await a.promote('mylab', '2', 'lab-a/k1', { unknown: true });
  expect((await a.find('mylab'))?.champion).toBe('2');
  await a.rollBack('mylab', 'lab-a/k1');
  expect((await a.find('mylab'))?.champion).toBe('1');
});

test('messages name own models as the caller does, and no command that does not concern them', async () => {
  const own = registry.ofTenant('lab-a');
  const [first, second] = [await own.add(bytesOf('mylab')), await own.add(bytesOf('mylab', 0.6))];
  await own.promote('mylab', '1', 'lab-a/k1');
  await expect(own.promote('mylab', '2', 'lab-a/k1')).rejects.toThrow(
    /^nothing says how own\/mylab@2 compares with the champion own\/mylab@1: accept that to promote it$/,
  );
  const sensitivity = { value: 0.9, other: 1, difference: { value: -0.1, low: -0.2, high: -0.01 } };
  const worse = { model: 'own/mylab@1', digest: first.digest, records_of: 'own/mylab@1', records: 9, sensitivity };
  jest.spyOn(own.comparisons, 'read').mockResolvedValue([worse as unknown as ModelComparison]);
  await expect(own.promote('mylab', '2', 'lab-a/k1')).rejects.toThrow('own/mylab@2 finds fewer malignant records');
  const putOnce = store.putOnce.bind(store);
  jest.spyOn(store, 'putOnce').mockImplementationOnce(async (...args) => {
    await new ModelRegistry(store).ofTenant('lab-a').promote('mylab', '1', 'lab-a/k2');
    return putOnce(...args);
  });
  await expect(own.promote('mylab', second.version, 'lab-a/k1', { lowerSensitivity: true })).rejects.toThrow(
    'the champion of own/mylab was changed',
  );
  await expect(own.resolve('a b')).rejects.toThrow('"own/a b" is not name or name@version');
});

test('a deleted version is unknown in processes that had loaded it, and its number is not given again', async () => {
  const own = registry.ofTenant('lab-a');
  await own.add(bytesOf('mylab'));
  const pin = await own.add(bytesOf('mylab'));
  const other = new ModelRegistry(store);
  await other.loadPinned(pin, 'lab-a');
  await own.delete('mylab', '2');
  for (const each of [registry, other]) {
    await expect(each.loadPinned(pin, 'lab-a')).rejects.toThrow(ModelDeletedError);
    for (const act of [
      () => each.resolve('own/mylab@2', 'lab-a'),
      () => each.ofTenant('lab-a').promote('mylab', '2', 'lab-a/k1'),
      () => each.ofTenant('lab-a').delete('mylab', '2'),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'unknown-model' });
  }
  expect((await other.ofTenant('lab-a').find('mylab'))?.champion).toBeNull();
  for await (const { key } of listAll(store, 'own-models/lab-a/models/mylab/2')) throw new Error(`${key} is left`);
  expect(await own.add(bytesOf('mylab'))).toMatchObject({ version: '3' });
});

test('a rollback passes over deleted versions', async () => {
  const own = registry.ofTenant('lab-a');
  for (const version of ['1', '2', '3']) {
    await own.add(bytesOf('mylab'));
    await own.promote('mylab', version, 'lab-a/k1', { unknown: true });
  }
  await own.delete('mylab', '2');
  expect((await own.rollBack('mylab', 'lab-a/k1')).version).toBe('1');
  await own.delete('mylab', '3');
  await expect(own.rollBack('mylab', 'lab-a/k1')).rejects.toThrow(NothingToRollBackError);
  expect((await own.find('mylab'))?.champion).toBe('1');
});

test('the champion cannot be deleted, even if it is promoted while the deletion runs', async () => {
  const own = registry.ofTenant('lab-a');
  await own.add(bytesOf('mylab'));
  await own.promote('mylab', '1', 'lab-a/k1');
  await expect(own.delete('mylab', '1')).rejects.toThrow(ChampionInUseError);
  const pin = await own.add(bytesOf('mylab'));
  const put = store.put.bind(store);
  jest.spyOn(store, 'put').mockImplementationOnce(async (...args) => {
    await own.promote('mylab', '2', 'lab-a/k1', { unknown: true });
    return put(...args);
  });
  await expect(own.delete('mylab', '2')).rejects.toThrow(ChampionInUseError);
  expect(await own.find('mylab')).toMatchObject({ champion: '2', versions: ['1', '2'] });
  await registry.loadPinned(pin, 'lab-a');
  await own.promote('mylab', '1', 'lab-a/k1', { unknown: true });
  await own.promote('mylab', '2', 'lab-a/k1', { unknown: true });
});

test('a version whose deletion begins while it is promoted does not stay champion', async () => {
  const own = registry.ofTenant('lab-a');
  for (const _ of [1, 2]) await own.add(bytesOf('mylab'));
  await own.promote('mylab', '1', 'lab-a/k1');
  const putOnce = store.putOnce.bind(store);
  jest.spyOn(store, 'putOnce').mockImplementationOnce(async (...args) => {
    await own.delete('mylab', '2');
    return putOnce(...args);
  });
  await expect(own.promote('mylab', '2', 'lab-a/k1', { unknown: true })).rejects.toThrow(UnknownModelError);
  expect(await own.find('mylab')).toMatchObject({ champion: '1', versions: ['1'] });
});

test('concurrent calls of add store each file under its own number', async () => {
  const thresholds = [0.5, 0.6, 0.7];
  const pins = await Promise.all(
    thresholds.map((threshold) => new ModelRegistry(store).ofTenant('lab-a').add(bytesOf('mylab', threshold))),
  );
  expect(pins.map(({ version }) => version).sort()).toEqual(['1', '2', '3']);
  const stored = await Promise.all(pins.map((pin) => registry.loadPinned(pin, 'lab-a')));
  expect(stored.map(({ model }) => model.file.operating_points.default)).toEqual(thresholds);
});

test('a name that no reference can have is refused, and nothing is stored', async () => {
  await expect(registry.ofTenant('lab-a').add(bytesOf('x'.repeat(65)))).rejects.toThrow(ModelFileError);
  for await (const { key } of listAll(store, '')) throw new Error(`${key} was stored`);
  const name = 'x'.repeat(64);
  await registry.ofTenant('lab-a').add(bytesOf(name));
  expect(await registry.resolve(`own/${name}@1`, 'lab-a')).toMatchObject({ version: '1' });
});

test('a reserved version is stored once, with its card, and not again after it was deleted', async () => {
  const own = registry.ofTenant('lab-a');
  const bytes = ownBytes('mylab', '1');
  const pin = await own.addVersion('mylab', '1', bytes);
  expect(await own.addVersion('mylab', '1', bytes)).toEqual(pin);
  await expect(own.addVersion('mylab', '1', ownBytes('mylab', '1', 0.6))).rejects.toBeInstanceOf(ObjectMismatchError);
  await own.putArtifacts('mylab', '1', new Map([['card.md', Buffer.from('# Card')]]));
  expect(await own.nextVersion('mylab')).toBe(2);
  await own.delete('mylab', '1');
  const left: string[] = [];
  for await (const { key } of listAll(store, '')) left.push(key);
  expect(left).toEqual(['own-models/lab-a/models/mylab/deleted/1']);
  await expect(own.addVersion('mylab', '1', bytes)).rejects.toBeInstanceOf(ObjectMismatchError);
  expect(await own.nextVersion('mylab')).toBe(2);
});
