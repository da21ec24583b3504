import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelFileError, parseModel, serializeModel } from '@cytoqueue/classifier';
import { ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, StoreUnavailableError, openStore, listAll } from '@cytoqueue/storage';
import { waitUntil } from '../../../test/src/support/wait-until';
import { ChampionChangedError } from './champion-history';
import { ModelDigestError, NothingToRollBackError, UnknownModelError } from './model-errors';
import { ModelRegistry } from './model-registry';
import { createStoreProbe } from './store-probe';

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

/** An intact file of the shipped model under another version. */
async function withVersion(version: string): Promise<Buffer> {
  const { file } = parseModel(await store.get(ObjectKeys.model('wbc-knn', '1.0.0')));
  return Buffer.from(serializeModel({ ...file, version }));
}

async function contents(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of listAll(store, ObjectKeys.modelsFolder))
    found.set(key, (await store.get(key)).toString('latin1'));
  return found;
}

describe('installing the shipped models', () => {
  test('stores every shipped model and makes it champion', async () => {
    expect((await registry.list()).map(({ name, champion, versions }) => ({ name, champion, versions }))).toEqual([
      { name: 'wbc-knn-euclidean', champion: '1.0.0', versions: ['1.0.0'] },
      { name: 'wbc-knn', champion: '1.1.0', versions: ['1.0.0', '1.1.0'] },
      { name: 'wdbc-knn', champion: '1.1.0', versions: ['1.0.0', '1.1.0'] },
    ]);
  });

  test('keeps an older champion and reports the newer shipped version until it is promoted', async () => {
    const entry = { version: '1.0.0', promoted_at: '2026-01-01T00:00:00.000Z', promoted_by: 'shipped' };
    const first = { version: '1.0.0', history: [entry] };
    await store.put(ObjectKeys.champion('wbc-knn'), Buffer.from(JSON.stringify(first)));
    await store.delete(ObjectKeys.model('wbc-knn', '1.1.0'));
    const updated = new ModelRegistry(store);
    const reported: string[] = [];
    const probe = createStoreProbe(store, updated, ({ name, champion, newer_version: newer }) =>
      reported.push(`${name} ${champion} ${newer}`),
    );
    await probe();
    await probe();
    expect(reported).toEqual(['wbc-knn 1.0.0 1.1.0']);
    const versions = ['1.0.0', '1.1.0'];
    expect(await updated.find('wbc-knn')).toMatchObject({ champion: '1.0.0', versions, newer_version: '1.1.0' });
    await updated.promote('wbc-knn', '1.1.0', 'ada');
    expect(await updated.find('wbc-knn')).toMatchObject({ champion: '1.1.0', newer_version: null });
    expect((await updated.find('wdbc-knn'))?.newer_version).toBeNull();
  });

  test('again changes nothing, not even a champion promoted meanwhile', async () => {
    await registry.add(await withVersion('1.2.0'));
    await registry.promote('wbc-knn', '1.2.0', 'ada', UNCOMPARED);
    const before = await contents();
    await Promise.all(Array.from({ length: 4 }, () => new ModelRegistry(store).installShipped()));
    expect(await contents()).toEqual(before);
  });

  test('writes nothing when none is missing, and otherwise names the object that it cannot write', async () => {
    const denied = async (): Promise<never> =>
      Promise.reject(new StoreUnavailableError('S3 did not do it (AccessDenied, status 403)'));
    const readOnly = Object.assign(Object.create(store) as ObjectStore, { put: denied, putOnce: denied });
    await new ModelRegistry(readOnly).installShipped();
    await store.delete(ObjectKeys.champion('wbc-knn'));
    await expect(new ModelRegistry(readOnly).installShipped()).rejects.toThrow(
      'models/wbc-knn/champion.json is not in the store',
    );
  });

  test('in several processes at once gives one champion', async () => {
    await store.deletePrefix(ObjectKeys.modelsFolder);
    await Promise.all(Array.from({ length: 8 }, () => new ModelRegistry(store).installShipped()));
    expect((await registry.readChampion('wbc-knn')).history).toHaveLength(1);
    expect(await registry.list()).toHaveLength(3);
  });
});

describe('a reference', () => {
  test('by name, by champion and by version resolves to the same digest', async () => {
    const pin = await registry.resolve();
    expect(pin).toEqual({ name: 'wbc-knn', version: '1.1.0', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    for (const reference of ['wbc-knn', 'wbc-knn@champion', 'wbc-knn@1.1.0'])
      expect(await registry.resolve(reference)).toEqual(pin);
    expect((await registry.resolve('wbc-knn-euclidean')).digest).not.toBe(pin.digest);
    expect((await registry.loadPinned(pin)).model.digest).toBe(pin.digest);
  });

  test.each([
    'nonesuch',
    'wbc-knn@2.0.0',
    'nonesuch@1.0.0',
    'WBC-KNN',
    '',
    '@',
    'wbc-knn@',
    '@1.0.0',
    'wbc-knn@1.0.0@1.0.0',
    'wbc-knn@@champion',
    'a..b',
    'wbc-knn@1..0',
    '../wbc-knn',
    'wbc-knn@../champion',
    'wbc knn',
    'wbc-knn\n',
    '.',
    `${'x'.repeat(65)}`,
  ])('%j is unknown', async (reference) => {
    await expect(registry.resolve(reference)).rejects.toThrow(UnknownModelError);
  });

  test('is found once its version is added, although it was unknown before', async () => {
    await expect(registry.resolve('wbc-knn@1.2.0')).rejects.toThrow(UnknownModelError);
    const pin = await registry.add(await withVersion('1.2.0'));
    expect(await registry.resolve('wbc-knn@1.2.0')).toEqual(pin);
  });
});

describe('a version of a name that is not shipped', () => {
  const added = async (name = 'lab-knn') => {
    const { file } = parseModel(await store.get(ObjectKeys.model('wbc-knn', '1.0.0')));
    return registry.add(Buffer.from(serializeModel({ ...file, name, version: '2.0.0' })));
  };

  test('is refused with the reason when the name is reserved, and nothing is stored', async () => {
    await expect(added('own')).rejects.toThrow('"own" is a reserved name');
    expect(await store.head(ObjectKeys.model('own', '2.0.0'))).toBeUndefined();
  });

  test('is added, and found by name and version in every process', async () => {
    const pin = await added();
    expect(pin).toMatchObject({ name: 'lab-knn', version: '2.0.0' });
    for (const each of [registry, new ModelRegistry(store)]) {
      expect(await each.resolve('lab-knn@2.0.0')).toEqual(pin);
      expect((await each.loadPinned(pin)).model.ref).toBe('lab-knn@2.0.0');
    }
  });

  test('changes no other name', async () => {
    const before = await registry.resolve();
    await added();
    expect(await new ModelRegistry(store).resolve()).toEqual(before);
  });
});

describe('a model is refused', () => {
  test('when its digest is not the pinned one', async () => {
    const pin = await registry.resolve();
    await expect(registry.loadPinned({ ...pin, digest: `sha256:${'0'.repeat(64)}` })).rejects.toThrow(ModelDigestError);
  });

  test('when one digit of the stored file is changed', async () => {
    const key = ObjectKeys.model('wbc-knn', '1.0.0');
    const bytes = await store.get(key);
    bytes[bytes.lastIndexOf('1')] = '2'.charCodeAt(0);
    await store.put(key, bytes);
    const fresh = new ModelRegistry(store);
    await fresh.installShipped();
    await expect(fresh.resolve('wbc-knn@1.0.0')).rejects.toThrow(ModelFileError);
  });

  test('when an intact file is stored under the key of another', async () => {
    await store.put(ObjectKeys.model('wbc-knn', '2.0.0'), await withVersion('1.2.0'));
    await store.put(ObjectKeys.model('other', '1.2.0'), await withVersion('1.2.0'));
    for (const reference of ['wbc-knn@2.0.0', 'other@1.2.0'])
      await expect(registry.resolve(reference)).rejects.toThrow(ModelDigestError);
  });
});

describe('a champion', () => {
  test('promoted by another process is seen soon, and a pinned version stays', async () => {
    const before = await registry.resolve();
    const elsewhere = new ModelRegistry(store);
    await elsewhere.add(await withVersion('1.2.0'));
    await elsewhere.promote('wbc-knn', '1.2.0', 'ada', UNCOMPARED);
    expect((await elsewhere.resolve()).version).toBe('1.2.0');
    await waitUntil('the promotion is seen', async () => (await registry.resolve()).version === '1.2.0');
    expect((await registry.loadPinned(before)).model.version).toBe('1.1.0');
  });

  test('can be rolled back, and the history names who promoted what', async () => {
    await expect(registry.rollBack('wbc-knn', 'ada')).rejects.toThrow(NothingToRollBackError);
    await registry.add(await withVersion('1.2.0'));
    await registry.promote('wbc-knn', '1.2.0', 'ada', UNCOMPARED);
    const { version, history } = await registry.rollBack('wbc-knn', 'bob');
    expect(version).toBe('1.1.0');
    expect(history.map((entry) => `${entry.version} ${entry.promoted_by}`)).toEqual([
      '1.1.0 shipped',
      '1.2.0 ada',
      '1.1.0 bob',
    ]);
    await expect(registry.promote('wbc-knn', '3.0.0', 'ada', UNCOMPARED)).rejects.toThrow(UnknownModelError);
  });

  test('promoted by several processes at once is that of one of them, and the others are refused', async () => {
    const versions = ['1.2.0', '1.3.0', '1.4.0', '1.5.0'];
    for (const version of versions) await registry.add(await withVersion(version));
    const outcomes = await Promise.allSettled(
      versions.map((version) => new ModelRegistry(store).promote('wbc-knn', version, 'ada', UNCOMPARED)),
    );
    const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(done.length).toBeGreaterThan(0);
    expect(refused.every((error) => error instanceof ChampionChangedError)).toBe(true);
    const { version, history } = await registry.readChampion('wbc-knn');
    expect(history).toHaveLength(1 + done.length);
    expect(new Set(history.slice(1).map((entry) => entry.version))).toEqual(
      new Set(done.map((champion) => champion.version)),
    );
    expect(history.at(-1)?.version).toBe(version);
  });

  test('rolled back by two processes at once goes back one step, not two', async () => {
    await registry.add(await withVersion('1.2.0'));
    await registry.promote('wbc-knn', '1.2.0', 'ada', UNCOMPARED);
    let release = (): void => undefined;
    const bothHaveRead = new Promise<void>((resolve) => (release = resolve));
    let writers = 0;
    const putOnce: ObjectStore['putOnce'] = async (...args) => {
      if (++writers === 2) release();
      await bothHaveRead;
      return store.putOnce(...args);
    };
    const writingTogether = Object.assign(Object.create(store) as ObjectStore, { putOnce });
    const outcomes = await Promise.allSettled(
      ['ada', 'bob'].map((name) => new ModelRegistry(writingTogether).rollBack('wbc-knn', name)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await registry.readChampion('wbc-knn')).version).toBe('1.1.0');
  });

  test('with a history that an earlier release stored in one document continues it', async () => {
    await registry.add(await withVersion('1.2.0'));
    const entry = (version: string) => ({ version, promoted_at: '2026-01-01T00:00:00.000Z', promoted_by: 'ada' });
    const history = ['1.0.0', '1.2.0', '1.0.0'].map(entry);
    await store.put(ObjectKeys.champion('wbc-knn'), Buffer.from(JSON.stringify({ version: '1.0.0', history })));
    await registry.promote('wbc-knn', '1.2.0', 'bob', UNCOMPARED);
    expect((await registry.readChampion('wbc-knn')).history.map(({ version }) => version)).toEqual([
      '1.0.0',
      '1.2.0',
      '1.0.0',
      '1.2.0',
    ]);
  });

  test('lists its versions in numeric order', async () => {
    for (const version of ['1.10.0', '1.9.0']) await registry.add(await withVersion(version));
    expect((await registry.list()).find(({ name }) => name === 'wbc-knn')?.versions).toEqual([
      '1.0.0',
      '1.1.0',
      '1.9.0',
      '1.10.0',
    ]);
  });
});
