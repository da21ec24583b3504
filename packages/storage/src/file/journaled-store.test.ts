import assert from 'node:assert/strict';
import fc from 'fast-check';
import fs from 'node:fs';
import { access, cp, mkdir, mkdtemp, open, readFile, readdir, readlink, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { ObjectCorruptError, ObjectMismatchError, StoreFullError, StoreUnavailableError, listAll } from '../index';
import type { ListPage } from '../object-store';
import { FileObjectStore } from './file-object-store';
import type { JournalLimits } from './journal/limits';
import { SegmentFolders } from './journal/segment-folders';
import { JournaledStore } from './journaled-store';

/** Stores nothing by itself. */
const NEVER: JournalLimits = { quietMs: 1e9, maxAgeMs: 1e9, maxBytes: 1e9, checkEveryMs: 1e9, takeOverAfterMs: 1e9 };
const AT_ONCE: JournalLimits = { quietMs: 0, maxAgeMs: 0, maxBytes: 0, checkEveryMs: 5, takeOverAfterMs: 0 };
const ONCE = { journal: true } as const;

let root: string;
let opened: JournaledStore[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-journal-'));
  opened = [];
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(opened.map((store) => store.stop()));
  await rm(root, { recursive: true, force: true });
});

/** Each store stands for a process. */
async function openStore(limits = NEVER): Promise<JournaledStore> {
  const store = new JournaledStore(new FileObjectStore(root), limits);
  opened.push(store);
  await store.start();
  return store;
}

/** Stores the journal's objects as files, as a process does that stops. */
async function storeJournal(): Promise<void> {
  const store = await openStore();
  await store.stop();
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function journalBytes(): Promise<string> {
  const logs = (await filesIn('.journal')).filter((path) => path.endsWith('/log'));
  return (await Promise.all(logs.map((path) => readFile(path, 'latin1')))).join('');
}

const put = (store: JournaledStore, id: string, text: string) =>
  store.putWithMarker(`r/${id}/request`, Buffer.from(text), `pending/${id}`);
const textOf = async (store: JournaledStore, key: string) => (await store.get(key)).toString();

async function sizeOf(store: JournaledStore, key: string): Promise<number | undefined> {
  return (await store.head(key))?.size;
}

async function keysOf(store: JournaledStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key);
  return keys;
}

test('other processes see an object at once, and the same after it is stored as a file', async () => {
  const [writer, reader] = [await openStore(), await openStore()];
  await put(writer, '1', 'request');
  await reader.putOnce('r/1/result', Buffer.from('x'.repeat(5_000)), ONCE);
  const look = async (store: JournaledStore) => ({
    text: await textOf(store, 'r/1/request'),
    part: (await store.getRange('r/1/result', { start: 10, end: 20 })).length,
    stream: Buffer.concat(await (await store.getStream('r/1/result')).toArray()).length,
    heads: await Promise.all(
      ['r/1/request', 'r/1/result', 'pending/1', 'r/2/request'].map((key) => sizeOf(store, key)),
    ),
    list: await store.list({ prefix: 'r/', delimiter: '/' }),
    keys: await keysOf(store),
    descending: await store.listDescending({ prefix: 'r/', limit: 5, matches: () => true }),
  });
  const seen = await look(reader);
  expect(seen).toMatchObject({ text: 'request', part: 10, stream: 5_000, descending: ['1'] });
  expect(await look(writer)).toEqual(seen);
  expect(await filesIn('r')).toEqual([]);
  await storeJournal();
  expect(await filesIn('r')).toHaveLength(2);
  expect(await journalBytes()).toBe('');
  for (const store of [writer, reader, await openStore()]) expect(await look(store)).toEqual(seen);
});

test('many objects share a few synced writes', async () => {
  const store = await openStore();
  await put(store, 'first', 'x');
  const writes = jest.spyOn(fs, 'write');
  const opens = jest.spyOn(fs, 'open');
  await Promise.all(Array.from({ length: 100 }, (_, id) => put(store, String(id), `record ${id}`)));
  // The first one, and the others while that is written.
  expect(writes).toHaveBeenCalledTimes(2);
  expect(opens).not.toHaveBeenCalled();
  expect(await keysOf(store, 'r/')).toHaveLength(101);
});

test('of several writers of a key exactly one creates it', async () => {
  const stores = [await openStore(), await openStore(), await openStore()];
  for (let round = 0; round < 30; round++) {
    const key = `r/${round}/result`;
    const outcomes = await Promise.allSettled(
      stores.map((store, index) => store.putOnce(key, Buffer.from(index === 0 ? 'same' : `${index % 2}`), ONCE)),
    );
    const created = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value === 'created');
    expect(created).toHaveLength(1);
    const winner = outcomes.findIndex((outcome) => outcome === created[0]);
    for (const store of stores) expect(await textOf(store, key)).toBe(winner === 0 ? 'same' : `${winner % 2}`);
    if (round % 10 === 0) await storeJournal();
  }
});

test('an object that is stored as a file already is kept', async () => {
  const store = await openStore();
  await store.putOnce('r/1/result', Buffer.from('first'));
  expect(await store.putOnce('r/1/result', Buffer.from('first'), ONCE)).toBe('exists');
  await expect(store.putOnce('r/1/result', Buffer.from('second'), ONCE)).rejects.toThrow(ObjectMismatchError);
  expect(await textOf(await openStore(), 'r/1/result')).toBe('first');
  await storeJournal();
  expect(await textOf(store, 'r/1/result')).toBe('first');
});

test('an object that is put replaces the one in the journal, for every process', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1', 'SECRET');
  await store.putOnce('r/1/result', Buffer.from('first'), ONCE);
  for (const key of ['r/1/request', 'r/1/result']) {
    await other.put(key, Buffer.from('second'));
    for (const reader of [store, other, await openStore()]) expect(await textOf(reader, key)).toBe('second');
  }
  expect(await journalBytes()).not.toContain('SECRET');
  await storeJournal();
  expect(await textOf(store, 'r/1/request')).toBe('second');
});

test('a deleted object leaves no bytes and does not come back', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1', 'SECRET-1');
  await put(store, '2', 'kept');
  await store.putOnce('r/1/result', Buffer.from('SECRET-2'.repeat(500)), ONCE);
  await other.delete('pending/1');
  await other.delete('r/1/request');
  expect(await other.deletePrefix('r/1/')).toBe(1);
  expect(await journalBytes()).not.toContain('SECRET');
  for (const one of [store, other, await openStore()]) expect(await keysOf(one)).toEqual(['pending/2', 'r/2/request']);
  await storeJournal();
  expect(await keysOf(store)).toEqual(['pending/2', 'r/2/request']);
});

test('an object is deleted while its segment is being stored: the deletion waits and then removes the file', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1', 'SECRET');
  // A process that closed the segment and was killed.
  const killed = new JournaledStore(new FileObjectStore(root), NEVER) as unknown as {
    journal: { refresh(): Promise<void>; close(segment: number): Promise<boolean> };
  };
  await killed.journal.refresh();
  expect(await killed.journal.close(1)).toBe(true);
  await put(store, '2', 'in the next segment');
  await other.delete('r/1/request');
  expect(await keysOf(store)).toEqual(['pending/1', 'pending/2', 'r/2/request']);
  expect(await filesIn('r')).toEqual([]);
  expect(await journalBytes()).not.toContain('SECRET');
  await other.delete('pending/1');
  expect(await keysOf(store)).toEqual(['pending/2', 'r/2/request']);
});

test('a process that was killed leaves everything to the next one', async () => {
  await put(await openStore(), '1', 'first');
  await cp(root, `${root}-copy`, { recursive: true });
  const copy = new JournaledStore(new FileObjectStore(`${root}-copy`), AT_ONCE);
  await copy.start();
  expect(await textOf(copy, 'r/1/request')).toBe('first');
  const file = join(`${root}-copy`, 'r/1/request');
  await waitUntil('it is stored', () =>
    access(file).then(
      () => true,
      () => false,
    ),
  );
  await copy.stop();
  await rm(`${root}-copy`, { recursive: true });
});

test('damage to one object concerns that object only, also after it is stored as a file', async () => {
  const store = await openStore();
  await put(store, '1', 'intact');
  await store.putOnce('r/2/result', Buffer.from('damaged'.repeat(1_000)), ONCE);
  await put(store, '3', 'intact too');
  const log = join(root, '.journal/0000000001/log');
  const position = (await readFile(log)).indexOf('damaged') + 3_000;
  const file = await open(log, 'r+');
  await file.write(Buffer.from('!'), 0, 1, position);
  await file.close();
  for (const reader of [store, await openStore()]) {
    await expect(reader.get('r/2/result')).rejects.toThrow(ObjectCorruptError);
    expect(await textOf(reader, 'r/1/request')).toBe('intact');
    expect(await textOf(reader, 'r/3/request')).toBe('intact too');
  }
  await storeJournal();
  expect((await store.get('r/2/result')).toString()).toContain('!');
  expect(await textOf(store, 'r/3/request')).toBe('intact too');
});

test('what is written to a segment that another process has closed goes to the next one', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1', 'x');
  for (let segment = 2; segment < 6; segment++) {
    await storeJournal();
    await put(other, `o${segment}`, 'x');
    await storeJournal();
    await put(store, `s${segment}`, 'x');
  }
  expect(await keysOf(other, 'pending/')).toHaveLength(9);
});

test('a journal that was stored leaves no open file', async () => {
  const stores = [await openStore(), await openStore()];
  for (const [index, store] of stores.entries()) await put(store, String(index), 'x');
  await storeJournal();
  for (const store of stores) await store.head('r/0/request');
  const open = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  const own = (await Promise.all(open)).filter((path) => path.startsWith(root));
  expect(own).toEqual(Array<string>(2).fill(join(root, '.journal/0000000002/log')));
});

test('time of writing, which is shown as the time of completion, stays', async () => {
  const store = await openStore();
  await store.putOnce('r/1/result', Buffer.from('x'), ONCE);
  const before = (await store.head('r/1/result'))!.modifiedAt.toISOString();
  await storeJournal();
  expect((await (await openStore()).head('r/1/result'))!.modifiedAt.toISOString()).toBe(before);
});

test('nothing counts as written in a journal that was removed, or without the store', async () => {
  const store = await openStore();
  await put(store, '1', 'x');
  await rename(join(root, '.journal'), join(root, '.moved'));
  await expect(put(store, '2', 'x')).rejects.toThrow(StoreUnavailableError);
  await rename(join(root, '.moved'), join(root, '.journal'));
  await put(store, '3', 'x');
  expect(await textOf(store, 'r/3/request')).toBe('x');
  await rm(root, { recursive: true });
  await expect(put(store, '4', 'x')).rejects.toThrow(StoreUnavailableError);
  await mkdir(root);
});

test('on a full disk, which takes only a part of a write, the record fails and the next one is whole', async () => {
  const store = await openStore();
  const { write } = fs;
  jest
    .spyOn(fs, 'write')
    .mockImplementationOnce(((
      fd: number,
      bytes: Buffer,
      _at: number,
      _length: number,
      _position: null,
      done: () => void,
    ) => write(fd, bytes, 0, 100, null, done)) as never);
  await expect(put(store, '1', 'x'.repeat(200))).rejects.toThrow(StoreFullError);
  await put(store, '2', 'y');
  for (const reader of [store, await openStore()]) expect(await keysOf(reader)).toEqual(['pending/2', 'r/2/request']);
});

test('behaves like a store without a journal, in any order of operations of several processes', async () => {
  const key = fc.constantFrom('r/1/request', 'r/1/result', 'r/2/request', 's/3');
  const operation = fc.record({
    process: fc.nat(2),
    kind: fc.constantFrom('putOnce', 'delete', 'deletePrefix', 'store', 'reopen', 'marker'),
    key,
    text: fc.constantFrom('a', 'b'.repeat(3_000)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
      await Promise.all(opened.splice(0).map((store) => store.stop()));
      await rm(root, { recursive: true });
      await mkdir(root);
      const stores = [await openStore(), await openStore(), await openStore()];
      const expected = new Map<string, string>();
      for (const { process, kind, key: name, text } of operations) {
        const store = stores[process]!;
        if (kind === 'store') await storeJournal();
        else if (kind === 'reopen') stores[process] = await openStore();
        else if (kind === 'delete') {
          await store.delete(name);
          expected.delete(name);
        } else if (kind === 'deletePrefix') {
          await store.deletePrefix('r/1/');
          for (const one of Array.from(expected.keys())) if (one.startsWith('r/1/')) expected.delete(one);
        } else if (kind === 'marker') {
          if (expected.has('m/1')) continue;
          await store.putWithMarker('m/1', Buffer.from(text), 'p/1');
          expected.set('m/1', text).set('p/1', '');
        } else {
          const before = expected.get(name);
          const outcome = await store.putOnce(name, Buffer.from(text), ONCE).catch((error: Error) => error.name);
          assert.equal(outcome, before === undefined ? 'created' : before === text ? 'exists' : 'ObjectMismatchError');
          if (before === undefined) expected.set(name, text);
        }
        const reader = stores[(process + 1) % 3]!;
        expect(await keysOf(reader)).toEqual([...expected.keys()].sort());
        for (const [one, content] of expected) if (content !== '') assert.equal(await textOf(reader, one), content);
      }
    }),
    { numRuns: 40 },
  );
});

test('lists as if every object were a file', async () => {
  const name = fc.constantFrom('a', 'b', 'b-', 'b0', 'é', '😀');
  const key = fc.array(name, { minLength: 2, maxLength: 3 }).map((parts) => `${parts.join('/')}/x`);
  const query = fc.record(
    {
      prefix: fc.constantFrom('', 'a', 'a/', 'b', 'b/b/'),
      startAfter: fc.constantFrom('a/a/x', 'a/b', 'b/', 'b-/a/x', 'b/b/b'),
      delimiter: fc.constant('/' as const),
      limit: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: ['prefix'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key), fc.uniqueArray(key), fc.array(query), async (inJournal, asFiles, queries) => {
      await Promise.all(opened.splice(0).map((store) => store.stop()));
      await rm(root, { recursive: true });
      await mkdir(root);
      const store = await openStore();
      const files = new FileObjectStore(join(root, '.all'));
      await files.start();
      for (const one of asFiles) await store.putOnce(one, Buffer.from('x'));
      for (const one of inJournal) await store.putOnce(one, Buffer.from('x'), ONCE);
      for (const one of [...asFiles, ...inJournal]) await files.putOnce(one, Buffer.from('x'));
      const summaryOf = ({ objects, prefixes, truncated }: ListPage) => ({
        keys: objects.map(({ key: found }) => found),
        prefixes,
        truncated,
      });
      for (const options of queries) {
        expect(summaryOf(await store.list(options))).toEqual(summaryOf(await files.list(options)));
        const descending = {
          prefix: `${options.prefix.replace(/\/?$/, '/')}`,
          limit: options.limit ?? 100,
          matches: () => true,
        };
        if (descending.prefix === '/') continue;
        expect(await store.listDescending(descending)).toEqual(await files.listDescending(descending));
      }
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['the disk', Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'rename' }), 'EIO'],
  ['a full disk', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'rename' }), 'no space left'],
  ['the store', new StoreUnavailableError('the journal was removed'), 'the journal was removed'],
  ['an object', new ObjectCorruptError('r/1/request', 'it is cut off'), 'it is cut off'],
  ['a defect', new TypeError('undefined is not a function'), 'undefined is not a function'],
])('a probe reports that %s keeps objects in the journal', async (_, error, detail) => {
  const retiring = jest.spyOn(SegmentFolders.prototype, 'retire').mockRejectedValue(error);
  const store = await openStore(AT_ONCE);
  await put(store, '1', 'request');
  const findings = await waitUntil('the probe reports it', async () => {
    const found = await store.probe();
    return found.length > 0 && found;
  });
  expect(findings).toMatchObject([{ kind: 'warning', detail: expect.stringContaining(detail) as string }]);
  expect(findings[0]?.detail).toContain('store the journal as files');
  expect(await textOf(store, 'r/1/request')).toBe('request');
  retiring.mockRestore();
});
