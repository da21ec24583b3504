import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../../../test/src/support/wait-until';
import { DirectorySync } from '../directory-sync';
import { FileObjectStore } from '../file-object-store';
import { FolderTree } from '../folder-tree';
import { JournaledStore } from '../journaled-store';
import type { JournalLimits } from './limits';
import { SegmentFolders } from './segment-folders';

/** Stores nothing by itself. */
const NEVER: JournalLimits = { quietMs: 1e9, maxAgeMs: 1e9, maxBytes: 1e9, checkEveryMs: 1e9, takeOverAfterMs: 1e9 };

let root: string;
let folders: SegmentFolders;
let opened: JournaledStore[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-journal-'));
  folders = new SegmentFolders(root, join(root, '.tmp'), new DirectorySync());
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

/** The parts of a store that act without its user. */
function internalsOf(store: JournaledStore) {
  return store as unknown as {
    journal: { close(segment: number): Promise<boolean> };
    storer: { storeWhenDue(): Promise<void> };
  };
}

const put = (store: JournaledStore, id: string, text: string) =>
  store.putWithMarker(`r/${id}/request`, Buffer.from(text), `pending/${id}`);

async function storedRequests(): Promise<string[]> {
  const names = await readdir(join(root, 'r'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('request')).sort();
}

test('a segment that another process is storing is left to it', async () => {
  const storing = await openStore();
  await put(storing, '1', 'body');
  expect(await internalsOf(storing).journal.close(1)).toBe(true);
  const idle = jest.spyOn(SegmentFolders.prototype, 'idleMs').mockResolvedValue(4);
  await openStore({ ...NEVER, checkEveryMs: 1, takeOverAfterMs: 5 });
  await waitUntil('the other process has looked several times', () => idle.mock.calls.length > 5);
  expect(await storedRequests()).toEqual([]);
  idle.mockResolvedValue(5);
  await waitUntil('it has taken the segment over', async () => (await storedRequests()).length === 1);
});

test('a process that has stored its segment leaves the next one to the process that closed that', async () => {
  const [first, second] = [await openStore(), await openStore()];
  await put(first, '1', 'body');
  expect(await internalsOf(first).journal.close(1)).toBe(true);
  await put(second, '2', 'body');
  expect(await internalsOf(second).journal.close(2)).toBe(true);
  await internalsOf(first).storer.storeWhenDue();
  expect(await storedRequests()).toEqual(['1/request']);
  await internalsOf(second).storer.storeWhenDue();
  expect(await storedRequests()).toEqual(['1/request', '2/request']);
});

test('a process says at times that it stores a segment', async () => {
  const store = await openStore();
  await utimes(folders.pathOf(1), 0, 0);
  expect(await folders.idleMs(1)).toBeGreaterThan(1e9);
  await folders.touch(1);
  expect(await folders.idleMs(1)).toBeLessThan(1e9);
  await put(store, '1', 'body');
  const touch = jest.spyOn(SegmentFolders.prototype, 'touch');
  // Two seconds pass between any two looks at the clock.
  let nowMs = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 2_000));
  await (await openStore()).stop();
  // For the object, its marker and their two folders.
  expect(touch.mock.calls).toEqual([[1], [1], [1], [1]]);
  expect(await folders.idleMs(1)).toBe(Infinity);
});

test('a segment counts as left when its process cannot store it, and when the clock was set back', async () => {
  const store = await openStore();
  await put(store, '1', 'body');
  expect(await internalsOf(store).journal.close(1)).toBe(true);
  const full = Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  const placing = jest.spyOn(FolderTree.prototype, 'withFolder').mockRejectedValue(full);
  await internalsOf(store).storer.storeWhenDue();
  expect(placing).toHaveBeenCalled();
  expect(await folders.idleMs(1)).toBeGreaterThan(1e9);
  const laterMs = Date.now() + 3_600_000;
  await utimes(folders.pathOf(1), laterMs / 1_000, laterMs / 1_000);
  expect(await folders.idleMs(1)).toBe(Infinity);
});
