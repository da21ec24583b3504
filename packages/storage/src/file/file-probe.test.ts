import fs from 'node:fs';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore, type ObjectStore } from '../index';

let folder: string;
let root: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytoqueue-probe-'));
  root = join(folder, 'objects');
  store = openStore(pathToFileURL(root).href);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const reasons = async () => (await store.probe()).map(({ kind, reason }) => `${kind}: ${reason}`);

test('a store that failed to start is started by a later probe', async () => {
  await writeFile(root, 'in the way');
  expect(await reasons()).toEqual(['unavailable: unreachable']);
  await rm(root);
  expect(await reasons()).toEqual([]);
  expect(fs.existsSync(root)).toBe(true);
});

test('a missing root (an unmounted disk) is reported and not recreated', async () => {
  expect(await reasons()).toEqual([]);
  await rename(root, `${root}.away`);
  expect(await reasons()).toEqual(['unavailable: unreachable']);
  expect(fs.existsSync(root)).toBe(false);
});

test('a probe object of a crashed process is removed after an hour', async () => {
  await store.start();
  await mkdir(join(root, 'probe'));
  const [old, young] = ['old', 'young'].map((name) => join(root, 'probe', name));
  await Promise.all([old, young].map((path) => writeFile(path!, 'x')));
  const past = new Date(Date.now() - 2 * 60 * 60_000);
  await utimes(old!, past, past);
  expect(await reasons()).toEqual([]);
  expect([old, young].map((path) => fs.existsSync(path!))).toEqual([false, true]);
});

test('a file system that cannot sync a directory is unsuitable', async () => {
  await store.start();
  jest
    .spyOn(fs, 'fsync')
    .mockImplementation((_fd, done) => done(Object.assign(new Error('EINVAL'), { code: 'EINVAL', syscall: 'fsync' })));
  expect(await reasons()).toEqual(['unsuitable: no-folder-sync']);
});

test('a read-only folder is access-denied', async () => {
  await store.start();
  jest
    .spyOn(fs, 'fsync')
    .mockImplementation((_fd, done) => done(Object.assign(new Error('EROFS'), { code: 'EROFS', syscall: 'fsync' })));
  expect(await reasons()).toEqual(['unavailable: access-denied']);
});
