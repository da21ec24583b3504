import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ObjectCorruptError, type ObjectStore, openStore } from '@cytoqueue/storage';
import { ObjectKeys } from '@cytoqueue/records';
import { ChampionChangedError } from './champion-history';
import { NoChampionError, UnknownModelError } from './model-errors';
import { ModelRegistry } from './model-registry';

/** These tests are about histories; model-comparisons.test.ts is about figures. */
const UNCOMPARED = { unknown: true };

let dir: string;
let store: ObjectStore;
let registry: ModelRegistry;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'));
  store = openStore(pathToFileURL(dir).href);
  await store.start();
  registry = new ModelRegistry(store);
  await registry.installShipped();
});

afterEach(() => rm(dir, { recursive: true }));

/** An intact file of the shipped model under another name and version. */
async function modelFile(name: string, version: string): Promise<Buffer> {
  const { file } = parseModel(await store.get(ObjectKeys.model('wbc-knn', '1.0.0')));
  return Buffer.from(serializeModel({ ...file, name, version }));
}

const SHIPPED = { 'wbc-knn': '1.1.0', 'wbc-knn-euclidean': '1.0.0', 'wdbc-knn': '1.1.0' };
const champions = async () => Object.fromEntries((await registry.list()).map(({ name, champion }) => [name, champion]));

describe('a name without a champion', () => {
  beforeEach(async () => {
    await registry.add(await modelFile('mine', '1.0.0'));
    await registry.add(await modelFile('mine', '1.1.0'));
  });

  test('is listed, found and resolved by version; the error for the bare name says what to do', async () => {
    expect(await registry.find('mine')).toEqual({
      name: 'mine',
      champion: null,
      versions: ['1.0.0', '1.1.0'],
      history: [],
      newer_version: null,
    });
    expect(await champions()).toEqual({ mine: null, ...SHIPPED });
    expect((await registry.resolve('mine@1.1.0')).version).toBe('1.1.0');
    for (const reference of ['mine', 'mine@champion']) {
      await expect(registry.resolve(reference)).rejects.toThrow(NoChampionError);
      await expect(registry.resolve(reference)).rejects.toThrow('npm run models -- promote mine VERSION');
    }
    await expect(registry.rollBack('mine', 'ada')).rejects.toThrow(NoChampionError);
    await expect(registry.resolve('other')).rejects.toThrow(UnknownModelError);
    expect(await registry.find('other')).toBeUndefined();
  });

  test('can be promoted and rolled back as any other', async () => {
    await registry.promote('mine', '1.0.0', 'ada', UNCOMPARED);
    expect((await new ModelRegistry(store).resolve('mine')).version).toBe('1.0.0');
    await registry.promote('mine', '1.1.0', 'bob', UNCOMPARED);
    const { version, history } = await registry.readChampion('mine');
    expect([version, history.map(({ promoted_by }) => promoted_by)]).toEqual(['1.1.0', ['ada', 'bob']]);
    expect((await registry.rollBack('mine', 'ada')).version).toBe('1.0.0');
  });

  test('promoted by two processes at once keeps each promotion that is not refused', async () => {
    const outcomes = await Promise.allSettled(
      ['1.0.0', '1.1.0'].map((version) => new ModelRegistry(store).promote('mine', version, 'ada', UNCOMPARED)),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused.every((error) => error instanceof ChampionChangedError)).toBe(true);
    expect((await registry.readChampion('mine')).history).toHaveLength(2 - refused.length);
  });
});

describe('a damaged model folder', () => {
  const damages: [string, (key: string) => Promise<unknown>][] = [
    ['emptied', (key) => store.put(key, Buffer.alloc(0))],
    ['cut off', async (key) => store.put(key, (await store.get(key)).subarray(0, 30))],
    ['filled with zeros', async (key) => store.put(key, Buffer.alloc((await store.get(key)).length))],
    ['of another shape', (key) => store.put(key, Buffer.from('{"version":7}'))],
    [
      'changed in one character',
      async (key) => store.put(key, Buffer.from((await store.get(key)).toString().replace('1.1.0', '1.0.1'))),
    ],
  ];

  test.each(damages)(
    'whose champion.json is %s affects no other model, fails for the bare name, and is repaired by a promotion',
    async (_, damage) => {
      await registry.add(await modelFile('wbc-knn', '1.0.1'));
      await damage(ObjectKeys.champion('wbc-knn'));
      expect(await champions()).toEqual({ ...SHIPPED, 'wbc-knn': null });
      await expect(new ModelRegistry(store).resolve('wbc-knn')).rejects.toThrow(ObjectCorruptError);
      expect((await registry.resolve('wbc-knn@1.0.0')).version).toBe('1.0.0');
      await registry.promote('wbc-knn', '1.0.0', 'ada', UNCOMPARED);
      expect((await new ModelRegistry(store).resolve('wbc-knn')).version).toBe('1.0.0');
      expect((await registry.find('wbc-knn'))?.history.map(({ promoted_by }) => promoted_by)).toEqual(['ada']);
    },
  );

  test('a damaged promotion never makes an earlier champion answer', async () => {
    await registry.add(await modelFile('wbc-knn', '1.2.0'));
    await registry.promote('wbc-knn', '1.2.0', 'ada', UNCOMPARED);
    await store.put(ObjectKeys.promotion('wbc-knn', 2), Buffer.from('{'));
    await expect(new ModelRegistry(store).resolve('wbc-knn')).rejects.toThrow(ObjectCorruptError);
    await registry.promote('wbc-knn', '1.2.0', 'bob', UNCOMPARED);
    expect((await registry.readChampion('wbc-knn')).history.map(({ promoted_by }) => promoted_by)).toEqual([
      'shipped',
      'bob',
    ]);
  });

  test('objects that are not model files are ignored', async () => {
    await store.put(`${ObjectKeys.modelsFolder}odd name/1.0.0.json`, Buffer.from('{}'));
    await store.put(`${ObjectKeys.modelsFolder}notes.txt`, Buffer.from('x'));
    await store.put(`${ObjectKeys.modelsFolder}wbc-knn/README.md`, Buffer.from('x'));
    expect(Object.keys(await champions()).sort()).toEqual(Object.keys(SHIPPED));
  });
});
