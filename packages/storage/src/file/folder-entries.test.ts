import fsPromises from 'node:fs/promises';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FolderChanges } from './folder-changes';
import { FolderEntries, lowerBound } from './folder-entries';
import { openStore, type ObjectStore } from '../index';

const LARGE = 600;
const name = (n: number): string => `n${String(n).padStart(4, '0')}`;

let root: string;
let folder: string;
let entries: FolderEntries;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-entries-'));
  folder = join(root, 'large');
  mkdirSync(folder);
  for (let n = 0; n < LARGE; n++) writeFileSync(join(folder, name(n)), '');
  entries = new FolderEntries();
});

afterEach(async () => {
  entries.stop();
  jest.restoreAllMocks();
  await rm(root, { recursive: true });
});

/** Makes the last change of the folder this much older. */
function backdate(ms = 60_000): void {
  const time = new Date(Date.now() - ms);
  utimesSync(folder, time, time);
}

/** Counts how often the folder is read while `work` runs. */
async function countReads(work: () => Promise<unknown>): Promise<number> {
  const [readdirSpy, opendirSpy] = [jest.spyOn(fsPromises, 'readdir'), jest.spyOn(fsPromises, 'opendir')];
  for (const spy of [readdirSpy, opendirSpy]) spy.mockClear();
  await work();
  return [...readdirSpy.mock.calls, ...opendirSpy.mock.calls].filter(([path]) => path === folder).length;
}

/** Simulates a file system that reports no changes. */
function disableWatching(): void {
  jest.spyOn(FolderChanges, 'open').mockResolvedValue(undefined);
}

describe.each(['kernel reports', 'mtime'])('a folder whose changes are detected by %s', (how) => {
  beforeEach(() => {
    if (how === 'mtime') disableWatching();
  });

  test('an unchanged large folder is served from the cache', async () => {
    backdate();
    await entries.read(folder);
    await entries.read(folder);
    expect(await countReads(async () => expect(await entries.read(folder)).toHaveLength(LARGE))).toBe(0);
  });

  test('names that another process adds or removes are visible at once', async () => {
    backdate();
    await entries.read(folder);
    await entries.read(folder);
    writeFileSync(join(folder, 'x'), '');
    expect((await entries.read(folder)).at(-1)).toBe('x');
    mkdirSync(join(folder, 'y'));
    expect((await entries.read(folder)).at(-1)).toBe('y/');
    rmSync(join(folder, name(0)));
    expect((await entries.read(folder))[0]).toBe(name(1));
  });

  test('concurrent callers share at most two reads, and each sees every earlier write', async () => {
    await entries.read(folder);
    const first = entries.read(folder);
    writeFileSync(join(folder, 'x'), '');
    const later = Array.from({ length: 10 }, () => entries.read(folder));
    let seen: (readonly string[])[] = [];
    expect(await countReads(async () => (seen = await Promise.all(later)))).toBeLessThanOrEqual(2);
    for (const names of seen) expect(names.at(-1)).toBe('x');
    await first;
  });

  test('a folder that is removed, recreated or becomes small is read correctly', async () => {
    backdate();
    await entries.read(folder);
    await entries.read(folder);
    rmSync(folder, { recursive: true });
    expect(await entries.read(folder)).toEqual([]);
    mkdirSync(folder);
    writeFileSync(join(folder, 'one'), '');
    expect(await entries.read(folder)).toEqual(['one']);
  });
});

test('without kernel reports a folder that has just changed is not cached: its next change may keep the mtime', async () => {
  disableWatching();
  // Recent for as long as the test takes.
  backdate(-3_600_000);
  await entries.read(folder);
  await entries.read(folder);
  expect(await countReads(() => entries.read(folder))).toBe(1);
});

test('a folder that changes all the time is read once; few, many and very many changes are applied', async () => {
  await entries.read(folder);
  await entries.read(folder);
  let count = LARGE;
  const grow = async (by: number): Promise<void> => {
    for (let n = 0; n < by; n++) mkdirSync(join(folder, name(count++)));
    const names = await entries.read(folder);
    expect([names.length, names.at(-1)]).toEqual([count, `${name(count - 1)}/`]);
  };
  expect(await countReads(() => grow(3))).toBe(0);
  expect(await countReads(() => grow(200))).toBe(0);
  expect(await countReads(() => grow(5_000))).toBe(1);
  expect(await countReads(() => grow(3))).toBe(0);
});

test('more changes of several folders than the kernel remembers are not missed', async () => {
  const folders = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => join(root, letter));
  for (const each of folders) {
    mkdirSync(each);
    for (let n = 0; n < LARGE; n++) mkdirSync(join(each, name(n)));
    for (let read = 0; read < 2; read++) await entries.read(each);
  }
  // More than 16,384 (fs.inotify.max_queued_events) together, but fewer than 4,000 in each.
  for (let n = LARGE; n < LARGE + 3_500; n++) for (const each of folders) mkdirSync(join(each, name(n)));
  for (const each of folders) expect(await entries.read(each)).toHaveLength(LARGE + 3_500);
}, 120_000);

test('a read that fails watches the folder no longer', async () => {
  await entries.read(folder);
  const opened: FolderChanges[] = [];
  const open = FolderChanges.open.bind(FolderChanges);
  jest.spyOn(FolderChanges, 'open').mockImplementation(async (path) => {
    const changes = await open(path);
    if (changes !== undefined) opened.push(changes);
    return changes;
  });
  const failure = Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  jest.spyOn(fsPromises, 'opendir').mockRejectedValueOnce(failure);
  await expect(entries.read(folder)).rejects.toThrow('EMFILE');
  expect(opened).toHaveLength(1);
  // Closed: it no longer reports anything.
  expect(await opened[0]?.drain()).toBeUndefined();
});

test('a name outside the basic multilingual plane sorts by its UTF-8 bytes', () => {
  const names = ['a', '\ufffd', '\u{10000}'];
  expect(names.map((each) => lowerBound(names, each))).toEqual([0, 1, 2]);
});

test('listing a large folder of folders in pages gives every key once, in order, from any start', async () => {
  const store: ObjectStore = openStore(pathToFileURL(root).href);
  for (let n = 0; n < LARGE; n++) {
    mkdirSync(join(root, 'tree', name(n)), { recursive: true });
    for (const file of ['a', 'b']) writeFileSync(join(root, 'tree', name(n), file), '');
  }
  const keys = Array.from({ length: LARGE }, (_, n) => ['a', 'b'].map((file) => `tree/${name(n)}/${file}`)).flat();
  for (const startAfter of [
    undefined,
    'a',
    'tree/',
    'tree/n0100',
    'tree/n0100/',
    'tree/n0100/a',
    'tree/n0100/b',
    'tree/n0100/bb',
    'tree/n0100x',
    'tree0',
    'z',
  ]) {
    const page = await store.list({ prefix: 'tree/', startAfter, limit: 30 });
    const rest = keys.filter((key) => startAfter === undefined || key > startAfter);
    expect([startAfter, page.objects.map(({ key }) => key), page.truncated]).toEqual([
      startAfter,
      rest.slice(0, 30),
      rest.length > 30,
    ]);
  }
  const folded = await store.list({ prefix: 'tree/n01', startAfter: 'tree/n0102/a', delimiter: '/' });
  expect(folded.prefixes).toEqual(Array.from({ length: 97 }, (_, n) => `tree/${name(103 + n)}/`));
});
