import fs from 'node:fs';
import { access, mkdir, readdir, rename, rm, stat, symlink, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../../../../test/src/support/wait-until';
import { InvalidKeyError, ObjectCorruptError, ObjectMismatchError, StoreUnavailableError } from '../../index';
import { FileObjectStore } from '../file-object-store';
import { FolderTree } from '../folder-tree';
import { JournaledStore } from '../journaled-store';
import {
  NEVER,
  ONCE,
  allBytes,
  closeSegment,
  journalOf,
  keysOf,
  makeFolder,
  openStore,
  put,
  removeFolder,
  storeJournal,
} from './processes.test.fixtures';
import { SegmentFolders } from './segment-folders';
import { storeSegment } from './store-segment';

/*
 * Orders of events that a killed, stopped or failing process can cause. `killed-writers.test.ts` finds some of them by chance.
 */

const CLOSE_FRAME_BYTES = 48;

let root: string;
let opened: JournaledStore[];

beforeEach(async () => {
  ({ root, opened } = await makeFolder());
});

afterEach(removeFolder);

test('a process that cannot open the next segment at once writes nothing behind the end of the last one', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1');
  await closeSegment();
  const failure = Object.assign(new Error('too many open files'), { code: 'EMFILE', syscall: 'open' });
  jest.spyOn(journalOf(store).folders, 'open').mockRejectedValueOnce(failure);
  await expect(store.head('r/2/request')).rejects.toThrow(StoreUnavailableError);
  await put(store, '2');
  expect(await keysOf(other)).toEqual(['p/1', 'p/2', 'r/1/request', 'r/2/request']);
});

test('a deletion that a killed process has begun is completed by the next one', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1');
  await put(store, '2');
  const number = await closeSegment();
  await journalOf(store).refresh();
  const stale = journalOf(store).closedSegments[0]!;
  const killed = journalOf(await openStore());
  await killed.append([{ type: 'delete', key: 'r/1/request', body: Buffer.alloc(0) }]);
  await other.deletePrefix('r/1/');
  expect(stale.number).toBe(number);
  expect(await allBytes()).not.toContain('SECRET-1');
  expect(await keysOf(store)).toEqual(['p/1', 'p/2', 'r/2/request']);
});

test('an object that was put several times leaves no bytes', async () => {
  const [store, other] = [await openStore(), await openStore()];
  for (const writer of [store, other, store]) await writer.putOnce('r/1/result', Buffer.from('SECRET'), ONCE);
  await other.delete('r/1/result');
  await store.putOnce('r/1/result', Buffer.from('SECRET again'), ONCE);
  await store.delete('r/1/result');
  expect(await allBytes()).not.toContain('SECRET');
});

test('a process that was stopped while it stored a segment brings back neither objects nor markers', async () => {
  const [store, other] = [await openStore(), await openStore()];
  for (const id of ['1', '2']) await put(store, id);
  await closeSegment();
  const journal = journalOf(store);
  await journal.refresh();
  const [segment] = journal.closedSegments;
  let resume = () => {};
  const stopped = new Promise<void>((resolve) => (resume = resolve));
  jest.spyOn(journal, 'refresh').mockImplementationOnce(() => stopped);
  // Stops before it stores the markers.
  const storing = storeSegment(journal, segment!, new FileObjectStore(root), () => true);
  const ended = storing.catch((error: NodeJS.ErrnoException) => error.code);
  await storeJournal();
  for (const key of ['p/1', 'p/2']) await other.delete(key);
  await other.deletePrefix('r/');
  resume();
  expect(await ended).toBe('ENOENT');
  expect(await keysOf(new FileObjectStore(root))).toEqual([]);
});

test('a marker that is in the journal and a file is deleted from both', async () => {
  const store = await openStore();
  await store.putOnce('p/1', Buffer.alloc(0));
  expect(await store.putOnce('p/1', Buffer.alloc(0), ONCE)).toBe('exists');
  await store.delete('p/1');
  expect(await keysOf(await openStore())).toEqual([]);
});

test('an object that cannot be stored stays in the journal and holds up no other one', async () => {
  const store = await openStore();
  for (const id of ['1', '2', '3']) await put(store, id);
  await mkdir(join(root, 'r'));
  await symlink('2', join(root, 'r/2'));
  const storing = await openStore();
  await storing.stop();
  const findings = await storing.probe();
  expect(findings).toMatchObject([{ kind: 'warning', detail: expect.stringContaining('store the journal as files') }]);
  const files = new FileObjectStore(root);
  expect(await Promise.all(['r/1/request', 'r/3/request'].map((key) => files.get(key).then(String)))).toEqual([
    'SECRET-1',
    'SECRET-3',
  ]);
  await store.delete('r/3/request');
  await rm(join(root, 'r/2'));
  for (const reader of [store, await openStore()])
    expect((await reader.get('r/2/request')).toString()).toBe('SECRET-2');
  await storeJournal();
  expect((await files.get('r/2/request')).toString()).toBe('SECRET-2');
});

test('an object that cannot be stored stays the first one of its key', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1');
  await store.putOnce('r/2/result', Buffer.from('first'), ONCE);
  await closeSegment();
  await expect(other.putOnce('r/2/result', Buffer.from('second'), ONCE)).rejects.toThrow(ObjectMismatchError);
  await mkdir(join(root, 'r'));
  await symlink('2', join(root, 'r/2'));
  await storeJournal();
  await rm(join(root, 'r/2'));
  for (const reader of [store, await openStore()]) expect((await reader.get('r/2/result')).toString()).toBe('first');
  await storeJournal();
  expect((await new FileObjectStore(root).get('r/2/result')).toString()).toBe('first');
});

test('an object that cannot be stored is not brought back by a process that was stopped meanwhile', async () => {
  const [store, other] = [await openStore(), await openStore()];
  for (const id of ['1', '2']) await put(store, id);
  await closeSegment();
  await mkdir(join(root, 'r'));
  await symlink('2', join(root, 'r/2'));
  const journal = journalOf(store);
  await journal.refresh();
  let resume = () => {};
  const stopped = new Promise<void>((resolve) => (resume = resolve));
  const append = journal.append.bind(journal);
  let isReached = () => {};
  const reached = new Promise<void>((resolve) => (isReached = resolve));
  // Stops just before it puts the object into the next segment.
  jest.spyOn(journal, 'append').mockImplementationOnce(async (frames) => {
    isReached();
    await stopped;
    return append(frames);
  });
  const storing = storeSegment(journal, journal.closedSegments[0]!, new FileObjectStore(root), () => true);
  await reached;
  await storeJournal();
  await rm(join(root, 'r/2'));
  await other.delete('r/2/request');
  resume();
  await storing.catch(() => undefined);
  for (const reader of [store, other, await openStore()]) expect(await reader.head('r/2/request')).toBeUndefined();
  expect(await allBytes()).not.toContain('SECRET-2');
});

test('an object that another process has kept in the journal is left alone by a slower one', async () => {
  const store = await openStore();
  for (const id of ['1', '2']) await put(store, id);
  await closeSegment();
  await mkdir(join(root, 'r'));
  await symlink('2', join(root, 'r/2'));
  const journal = journalOf(store);
  await journal.refresh();
  const files = new FileObjectStore(root);
  // Another process is faster, and this one notices.
  jest.spyOn(files.folders, 'syncPath').mockImplementationOnce(async () => {
    await storeJournal();
    await journal.refresh();
  });
  await storeSegment(journal, journal.closedSegments[0]!, files, () => true);
  await rm(join(root, 'r/2'));
  for (const reader of [store, await openStore()])
    expect((await reader.get('r/2/request')).toString()).toBe('SECRET-2');
});

test('very many frames are written again after the end of a segment', async () => {
  const store = await openStore();
  await put(store, '1');
  await closeSegment();
  const frames = Array.from({ length: 130_000 }, (_, n) => ({
    type: 'create' as const,
    key: `m/${n}`,
    body: Buffer.alloc(0),
  }));
  await journalOf(store).append(frames);
  await journalOf(store).refresh();
  expect(journalOf(store).openSegment).toMatchObject({ number: 2, entries: { size: 130_000 } });
  await Promise.all(opened.splice(0).map((one) => journalOf(one).stop()));
});

test('a second completion is compared although the first one becomes a file meanwhile', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await other.putOnce('r/1/result', Buffer.from('x'.repeat(5_000)), ONCE);
  jest.spyOn(journalOf(store), 'read').mockRejectedValueOnce(new ObjectCorruptError('r/1/result', 'retired'));
  expect(await store.putOnce('r/1/result', Buffer.from('x'.repeat(5_000)), ONCE)).toBe('exists');
});

test('a journal that was removed and made again by another process is used from the next write on', async () => {
  const store = await openStore();
  await put(store, '1');
  await rm(join(root, '.journal'), { recursive: true });
  const other = await openStore();
  await expect(put(store, '2')).rejects.toThrow(StoreUnavailableError);
  await put(store, '3');
  for (const reader of [store, other]) expect(await keysOf(reader)).toEqual(['p/3', 'r/3/request']);
});

test('a journal that was made again is used also by a process that knows closed segments', async () => {
  const store = await openStore();
  await put(store, '1');
  await closeSegment();
  await journalOf(store).refresh();
  await rm(join(root, '.journal'), { recursive: true });
  const other = await openStore();
  await expect(put(store, '2')).rejects.toThrow(StoreUnavailableError);
  await put(store, '3');
  for (const reader of [store, other]) expect(await keysOf(reader)).toEqual(['p/3', 'r/3/request']);
});

test('a journal that is moved away and back is not taken for stored', async () => {
  const store = await openStore();
  await put(store, '1');
  await closeSegment();
  await journalOf(store).refresh();
  await rename(join(root, '.journal'), join(root, '.away'));
  await expect(store.head('r/1/request')).rejects.toThrow(StoreUnavailableError);
  await rename(join(root, '.away'), join(root, '.journal'));
  expect((await store.get('r/1/request')).toString()).toBe('SECRET-1');
});

test('the segment after one whose end was lost is read', async () => {
  const store = await openStore();
  await put(store, '1');
  const number = await closeSegment();
  await put(store, '2');
  const log = join(journalOf(store).folders.pathOf(number), 'log');
  await truncate(log, (await stat(log)).size - CLOSE_FRAME_BYTES);
  const started = await openStore();
  expect(await keysOf(started)).toEqual(['p/1', 'p/2', 'r/1/request', 'r/2/request']);
  await put(started, '3');
  expect(await keysOf(store)).toContain('r/3/request');
});

test('bytes of a retired segment, left by a killed process, are removed at the next start', async () => {
  await put(await openStore(), '1');
  await storeJournal();
  const left = join(root, '.journal/0000000001.retired');
  await mkdir(left);
  fs.writeFileSync(join(left, 'log'), 'SECRET');
  await openStore();
  await expect(access(left)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an invalid prefix deletes nothing', async () => {
  const store = await openStore();
  await put(store, '1');
  for (const prefix of ['', 'r', 'r/1', '../'])
    await expect(store.deletePrefix(prefix)).rejects.toThrow(InvalidKeyError);
  expect(await keysOf(store)).toHaveLength(2);
});

test('a journal that was copied to a network mount is read and stored, but not written', async () => {
  await put(await openStore(), '1');
  const mounted = new JournaledStore(new FileObjectStore(root), NEVER);
  opened.push(mounted);
  // Stands for the file system's type, which a test cannot change.
  Object.assign(mounted, { isLocal: false });
  await mounted.start();
  expect((await mounted.get('r/1/request')).toString()).toBe('SECRET-1');
  await put(mounted, '2');
  expect(await keysOf(new FileObjectStore(root))).toEqual(['p/2', 'r/2/request']);
  expect(await keysOf(mounted)).toHaveLength(4);
});

/** Does what a process does once a second. */
function storeWhenDue(store: JournaledStore): Promise<void> {
  return (store as unknown as { storer: { storeWhenDue(): Promise<void> } }).storer.storeWhenDue();
}

async function storedRequests(): Promise<string[]> {
  const names = await readdir(join(root, 'r'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('request')).sort();
}

test('a segment that another process is storing is left to it', async () => {
  const storing = await openStore();
  await put(storing, '1');
  expect(await journalOf(storing).close(1)).toBe(true);
  const idle = jest.spyOn(SegmentFolders.prototype, 'idleMs').mockResolvedValue(4);
  await openStore({ ...NEVER, checkEveryMs: 1, takeOverAfterMs: 5 });
  await waitUntil('the other process has looked several times', () => idle.mock.calls.length > 5);
  expect(await storedRequests()).toEqual([]);
  idle.mockResolvedValue(5);
  await waitUntil('it has taken the segment over', async () => (await storedRequests()).length === 1);
});

test('a process that has stored its segment leaves the next one to the process that closed that', async () => {
  const [first, second] = [await openStore(), await openStore()];
  await put(first, '1');
  expect(await journalOf(first).close(1)).toBe(true);
  await put(second, '2');
  expect(await journalOf(second).close(2)).toBe(true);
  await storeWhenDue(first);
  expect(await storedRequests()).toEqual(['1/request']);
  await storeWhenDue(second);
  expect(await storedRequests()).toEqual(['1/request', '2/request']);
});

test('a process says at times that it stores a segment', async () => {
  const store = await openStore();
  const { folders } = journalOf(store);
  await utimes(folders.pathOf(1), 0, 0);
  expect(await folders.idleMs(1)).toBeGreaterThan(1e9);
  await folders.touch(1);
  expect(await folders.idleMs(1)).toBeLessThan(1e9);
  await put(store, '1');
  const touch = jest.spyOn(SegmentFolders.prototype, 'touch');
  // Two seconds pass between any two looks at the clock.
  let nowMs = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 2_000));
  await storeJournal();
  // For the object, its marker and their two folders.
  expect(touch.mock.calls).toEqual([[1], [1], [1], [1]]);
  expect(await folders.idleMs(1)).toBe(Infinity);
});

test('a segment counts as left when its process cannot store it, and when the clock was set back', async () => {
  const store = await openStore();
  const { folders } = journalOf(store);
  await put(store, '1');
  expect(await journalOf(store).close(1)).toBe(true);
  const full = Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  const placing = jest.spyOn(FolderTree.prototype, 'withFolder').mockRejectedValue(full);
  await storeWhenDue(store);
  expect(placing).toHaveBeenCalled();
  expect(await folders.idleMs(1)).toBeGreaterThan(1e9);
  const laterMs = Date.now() + 3_600_000;
  await utimes(folders.pathOf(1), laterMs / 1_000, laterMs / 1_000);
  expect(await folders.idleMs(1)).toBe(Infinity);
});
