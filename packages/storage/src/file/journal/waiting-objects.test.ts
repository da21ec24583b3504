import { readdir, readlink } from 'node:fs/promises';
import { waitUntil } from '../../../../../test/src/support/wait-until';
import { StoreFullError, StoreUnavailableError } from '../../index';
import { FileObjectStore } from '../file-object-store';
import { FolderTree } from '../folder-tree';
import type { JournaledStore } from '../journaled-store';
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

/* The journal while its objects become files, and while they cannot. */

let root: string;
let opened: JournaledStore[];

beforeEach(async () => {
  ({ root, opened } = await makeFolder());
});

afterEach(removeFolder);

test('a deletion that fails while it waits for the object to become a file has no effect and can be repeated', async () => {
  const [store, other] = [await openStore(), await openStore()];
  await put(store, '1');
  await store.putOnce('r/1/result', Buffer.from('SECRET-1-result'), ONCE);
  await closeSegment();
  const full = Object.assign(new Error('the disk is full'), { code: 'ENOSPC', syscall: 'link' });
  const placing = jest.spyOn(FolderTree.prototype, 'withFolder').mockRejectedValue(full);
  for (const attempt of [() => store.delete('r/1/request'), () => store.deletePrefix('r/1/')]) {
    await expect(attempt()).rejects.toThrow(StoreFullError);
    for (const reader of [store, other]) expect(await keysOf(reader)).toEqual(['p/1', 'r/1/request', 'r/1/result']);
  }
  placing.mockRestore();
  await store.deletePrefix('r/1/');
  for (const reader of [store, other, await openStore()]) expect(await keysOf(reader)).toEqual(['p/1']);
  expect(await allBytes()).not.toContain('SECRET-1');
});

test('a process that was paused while its segments were retired keeps no descriptor of theirs', async () => {
  const store = await openStore();
  await put(store, '1');
  for (const id of ['2', '3']) {
    await closeSegment();
    await put(await openStore(), id);
  }
  // The others stop, and the last one stores everything.
  for (const other of opened.splice(1)) await other.stop();
  expect(await keysOf(store)).toEqual(['p/1', 'p/2', 'p/3', 'r/1/request', 'r/2/request', 'r/3/request']);
  const descriptors = await readdir('/proc/self/fd');
  const names = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  expect(names.filter((name) => name.startsWith(root) && name.includes('retired'))).toEqual([]);
});

test('a marker that becomes a file keeps its time, by which the reconciler knows that its job is lost', async () => {
  const store = await openStore();
  await put(store, '1');
  const before = await store.head('p/1');
  await closeSegment();
  await put(store, '2');
  await storeJournal();
  expect(await new FileObjectStore(root).head('p/1')).toEqual(before);
});

test('while objects cannot become files, segments do not pile up, and a full journal takes no more', async () => {
  const placing = jest
    .spyOn(FolderTree.prototype, 'withFolder')
    .mockRejectedValue(Object.assign(new Error('no permission'), { code: 'EROFS', syscall: 'mkdir' }));
  const store = await openStore({ ...NEVER, quietMs: 0, maxAgeMs: 0, checkEveryMs: 1 });
  await put(store, '1');
  await waitUntil('the failure is known', async () =>
    (await store.probe()).some(({ detail }) => detail.includes('store the journal as files')),
  );
  const segments = journalOf(store).closedSegments.length;
  await put(store, '2');
  const attempts = placing.mock.calls.length;
  await waitUntil('it has failed again', () => placing.mock.calls.length > attempts);
  expect(journalOf(store).closedSegments).toHaveLength(segments);
  const bytes = jest.spyOn(journalOf(store), 'bytes', 'get').mockReturnValue(600 * 1024 * 1024);
  await expect(store.putOnce('r/3/result', Buffer.from('x'), ONCE)).rejects.toThrow(StoreUnavailableError);
  expect(await store.head('r/3/result')).toBeUndefined();
  bytes.mockRestore();
  expect(await store.putOnce('r/3/result', Buffer.from('x'), ONCE)).toBe('created');
  placing.mockRestore();
});

test('a stopped store does not answer that an object in its journal is missing', async () => {
  const store = await openStore();
  await put(store, '1');
  await journalOf(store).stop();
  await expect(store.head('r/1/request')).rejects.toThrow(StoreUnavailableError);
});
