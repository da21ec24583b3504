import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listAll } from '../../index';
import { FileObjectStore } from '../file-object-store';
import { JournaledStore } from '../journaled-store';
import type { Journal } from './journal';
import type { JournalLimits } from './limits';

/** A folder for tests of the journal, and stores, each of which stands for a process. */

export const NEVER: JournalLimits = {
  quietMs: 1e9,
  maxAgeMs: 1e9,
  maxBytes: 1e9,
  checkEveryMs: 1e9,
  takeOverAfterMs: 1e9,
};
export const ONCE = { journal: true } as const;

let root = '';
let opened: JournaledStore[] = [];

export async function makeFolder(): Promise<{ root: string; opened: JournaledStore[] }> {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-interleavings-'));
  opened = [];
  return { root, opened };
}

export async function removeFolder(): Promise<void> {
  jest.restoreAllMocks();
  await Promise.all(opened.map((store) => store.stop()));
  await rm(root, { recursive: true, force: true });
}

export async function openStore(limits = NEVER): Promise<JournaledStore> {
  const store = new JournaledStore(new FileObjectStore(root), limits);
  opened.push(store);
  await store.start();
  return store;
}

export function journalOf(store: JournaledStore): Journal {
  return (store as unknown as { journal: Journal }).journal;
}

/** Closes the open segment as a process does that is killed directly afterwards. */
export async function closeSegment(): Promise<number> {
  const journal = journalOf(await openStore());
  const { number } = journal.openSegment!;
  expect(await journal.close(number)).toBe(true);
  return number;
}

export async function storeJournal(): Promise<void> {
  await (await openStore()).stop();
}

export const put = (store: JournaledStore, id: string, text = `SECRET-${id}`): Promise<void> =>
  store.putWithMarker(`r/${id}/request`, Buffer.from(text), `p/${id}`);

export async function keysOf(store: JournaledStore | FileObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, '')) keys.push(key);
  return keys;
}

export async function allBytes(): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(paths.map((path) => readFile(path, 'latin1')))).join('\n');
}
