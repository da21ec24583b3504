import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { allSettledOrThrow } from '../../all-settled-or-throw';
import { StoreUnavailableError } from '../../errors';
import { createEmptyFile, linkIfAbsent } from '../create-file';
import { type FolderTree, unlinkFile } from '../folder-tree';
import { closeFd, openFd, setFdTimes, writeFully } from '../fs-callbacks';
import { FILE_MODE, nextTempName } from '../temp-files';
import type { Entry, Journal, Segment } from './journal';

const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;
/** Leaves pool threads for requests. */
const CONCURRENCY = 4;

/**
 * Stores the objects of the oldest closed segment below their keys and retires it. Several processes may do so at once, and
 * each may be killed or stopped at any step: a file appears complete, from a temp file in the segment's folder, and an
 * object that exists is kept. Objects that are deleted meanwhile are deleted again after the segment is retired (see
 * `JournaledStore.delete`).
 * @param mayStore false ends it with an error; it is done again later
 */
export async function storeSegment(
  journal: Journal,
  segment: Segment,
  target: { root: string; folders: FolderTree },
  mayStore: () => boolean,
): Promise<void> {
  const all = [...segment.entries.values()];
  const created = new Set<string>();
  const store = async (entry: Entry) => {
    if (!mayStore()) throw new StoreUnavailableError('the store is being stopped');
    if (!segment.entries.has(entry.key)) return;
    const path = join(target.root, entry.key);
    const folder = dirname(path);
    const isNew = !created.has(folder);
    created.add(folder);
    const withFolder = (write: () => Promise<unknown>) => target.folders.withFolder(folder, write, isNew);
    await (entry.size === 0 ? withFolder(() => createEmptyFile(path)) : storeBody(journal, entry, path, withFolder));
  };
  await forEach(
    all.filter(({ size }) => size > 0),
    store,
  );
  // Markers last: most of them are deleted soon after they were written.
  await journal.refresh();
  await forEach(
    all.filter(({ size }) => size === 0),
    store,
  );
  await forEach([...created], (folder) => target.folders.syncPath(folder));
  await journal.folders.retire(segment.number);
  await journal.refresh();
}

async function storeBody(
  journal: Journal,
  entry: Entry,
  path: string,
  withFolder: (write: () => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  // Unchecked: a damaged object is stored as it is, so that its readers find the damage.
  const body = await journal.readUnchecked(entry);
  const temp = join(journal.folders.pathOf(entry.segment.number), nextTempName());
  try {
    const fd = await openFd(temp, O_CREAT | O_EXCL | O_WRONLY | O_DSYNC, FILE_MODE);
    try {
      await writeFully(fd, body);
      await setFdTimes(fd, entry.timeMs / 1_000, entry.timeMs / 1_000);
    } finally {
      await closeFd(fd);
    }
    await withFolder(() => linkIfAbsent(temp, path));
  } catch (error) {
    // The segment is stored again later, with new temp files.
    await unlinkFile(temp).catch(() => undefined);
    throw error;
  }
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  const run = async () => {
    for (const item of waiting) await work(item);
  };
  await allSettledOrThrow(Array.from({ length: CONCURRENCY }, run));
}
