import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ObjectCorruptError, type ObjectStore, openStore } from '@cytoqueue/storage';
import { ObjectKeys, VersionedDocument, sealDocument } from '../index';
import { describeStores, keysOf } from '../../../storage/src/contract/object-store.test.fixtures';

const shape = { described: { members: 'array' } } as const;
const PREFIX = ObjectKeys.tenantKeysFolder('lab');

interface Club {
  members: string[];
}

const documentIn = (store: ObjectStore) => new VersionedDocument<Club>(store, PREFIX, shape);
const join =
  (name: string) =>
  (before: Club = { members: [] }) => ({ members: [...before.members, name] });

describeStores((currentStore) => {
  test('a missing document has number 0, and each update creates the next version', async () => {
    const document = documentIn(currentStore());
    expect(await document.read()).toEqual({ number: 0, value: undefined });
    await document.update(join('a'));
    await document.update(join('b'));
    expect(await document.read()).toEqual({ number: 2, value: { members: ['a', 'b'] } });
  });

  test('of two writers that check the same condition only one succeeds', async () => {
    await documentIn(currentStore()).update(() => ({ members: ['a', 'b'] }));
    const leave = (name: string) =>
      documentIn(currentStore()).update((before) => {
        const members = (before as Club).members.filter((member) => member !== name);
        if (members.length === 0) throw new Error('the last member stays');
        return { members };
      });
    const outcomes = await Promise.allSettled([leave('a'), leave('b')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await documentIn(currentStore()).read()).value?.members).toHaveLength(1);
  });

  test('a document that is replaced again and again keeps its newest hundred versions', async () => {
    const document = documentIn(currentStore());
    for (let version = 1; version <= 103; version++)
      await currentStore().put(ObjectKeys.documentVersion(PREFIX, version), sealDocument({ members: ['a'] }));
    await document.replace({ members: ['b'] });
    expect((await keysOf(currentStore())).map((key) => ObjectKeys.parseDocumentVersion(PREFIX, key))).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 5),
    );
    expect(await document.read()).toEqual({ number: 104, value: { members: ['b'] } });
  });

  test('a version that is deleted between listing and reading is replaced by the newest one', async () => {
    const store = currentStore();
    const document = documentIn(store);
    await document.replace({ members: ['a'] });
    const get = store.get.bind(store);
    const reading = jest.spyOn(store, 'get').mockImplementationOnce(async (key, ...rest) => {
      await document.replace({ members: ['b'] });
      await store.delete(key);
      return get(key, ...rest);
    });
    expect(await document.read()).toEqual({ number: 2, value: { members: ['b'] } });
    reading.mockRestore();
  });

  test('a change that returns nothing writes nothing', async () => {
    await documentIn(currentStore()).update(() => undefined);
    expect(await keysOf(currentStore())).toEqual([]);
  });

  test('a damaged latest version is an error; no earlier version is used', async () => {
    const document = documentIn(currentStore());
    await document.update(join('a'));
    await currentStore().put(ObjectKeys.documentVersion(PREFIX, 2), Buffer.from('{"members": ["a", '));
    await expect(document.read()).rejects.toBeInstanceOf(ObjectCorruptError);
    await expect(document.update(join('b'))).rejects.toBeInstanceOf(ObjectCorruptError);
  });

  test('an update deletes versions replaced more than a day ago', async () => {
    const document = documentIn(currentStore());
    for (const name of ['a', 'b', 'c']) await document.update(join(name));
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 24 * 60 * 60_000);
    try {
      await document.update(join('d'));
    } finally {
      clock.mockRestore();
    }
    expect(await keysOf(currentStore())).toEqual([3, 4].map((number) => ObjectKeys.documentVersion(PREFIX, number)));
    await document.update(join('e'));
    expect(await document.read()).toEqual({ number: 5, value: { members: ['a', 'b', 'c', 'd', 'e'] } });
  });
});

describe('on the file store', () => {
  let dir: string;
  let store: ObjectStore;

  beforeEach(async () => {
    dir = await mkdtemp(joinPath(tmpdir(), 'versioned-'));
    store = openStore(pathToFileURL(dir).href);
    await store.start();
  });

  afterEach(() => rm(dir, { recursive: true }));

  // Not on moto: its conditional write is not atomic.
  test('no concurrent update is lost', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `member-${index}`);
    await Promise.all(names.map((name) => documentIn(store).update(join(name))));
    const { number, value } = await documentIn(store).read();
    expect(number).toBe(8);
    expect([...(value as Club).members].sort()).toEqual(names);
  });
});
