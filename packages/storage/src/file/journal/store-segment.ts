import { constants } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreUnavailableError } from '../../errors';
import { forEachConcurrently } from '../../for-each-concurrently';
import { createEmptyFile, linkIfAbsent } from '../create-file';
import { errorCode } from '../file-errors';
import { type FolderTree, unlinkFile } from '../folder-tree';
import { closeFd, openFd, setFdTimes, writeFully } from '../fs-callbacks';
import { FILE_MODE, nextTempName } from '../temp-files';
import { canConcernOneObject } from '../../unreadable';
import type { Journal } from './journal';
import type { Entry, Segment } from './segment';

const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;
/** Leaves pool threads for requests. */
const CONCURRENCY = 4;
/** A file of ext4 has at most 65,000 names. */
const MAX_LINKS = 10_000;
/** A file stands where a folder should be, or the reverse. */
const OWN_CODES = new Set(['EEXIST', 'ENOTDIR', 'EISDIR']);
/** Other processes wait twenty times as long before they take a segment over. */
const TOUCH_INTERVAL_MS = 1_000;
const EMPTY = Buffer.alloc(0);
/** Stands for a body that cannot be read from the log, so that the object is found to be damaged. */
const UNREADABLE = Buffer.from('unreadable');

/** Works on items concurrently, and tells other processes that the segment is being stored. */
type ForEach = <T>(items: readonly T[], work: (item: T) => Promise<unknown>) => Promise<unknown>;

/**
 * Stores the objects of the oldest closed segment below their keys and retires it. Several processes may do so at once, and
 * each may be killed or stopped at any step: each file is linked from a temp file in the segment's folder, and an object that
 * exists is kept. Objects that are deleted meanwhile are deleted again after the segment is retired (deletions.ts). An object
 * whose folder or file has a problem of its own goes to the open segment.
 * @param mayStore false ends it with an error; it is done again later
 * @returns why an object stays in the journal; undefined when all became files
 */
export async function storeSegment(
  journal: Journal,
  segment: Segment,
  target: { root: string; folders: FolderTree },
  mayStore: () => boolean,
): Promise<unknown> {
  const all = [...segment.entries.values()];
  const created = new Set<string>();
  const failed: { entry: Entry; error: unknown }[] = [];
  const stored = new Set<string>();
  const store = async (entry: Entry, emptyFile: string) => {
    if (!segment.entries.has(entry.key)) return;
    const path = join(target.root, entry.key);
    const folder = dirname(path);
    const isNew = !created.has(folder);
    created.add(folder);
    const place = (file: string) => target.folders.withFolder(folder, () => linkIfAbsent(file, path), isNew);
    try {
      await (entry.size === 0 ? place(emptyFile) : storeBody(journal, entry, place));
      stored.add(folder);
    } catch (error) {
      if (!isOwnProblem(error)) throw error;
      failed.push({ entry, error });
    }
  };
  let touchedAtMs = -Infinity;
  const forEach: ForEach = (items, work) =>
    forEachConcurrently(items, CONCURRENCY, async (item) => {
      if (!mayStore()) throw new StoreUnavailableError('the store is being stopped');
      if (performance.now() - touchedAtMs >= TOUCH_INTERVAL_MS) {
        touchedAtMs = performance.now();
        await journal.folders.touch(segment.number);
      }
      await work(item);
    });
  const bodies = all.filter(({ size }) => size > 0);
  await forEach(bodies, (entry) => store(entry, ''));
  // Markers last: most of them are deleted soon after they were written.
  await journal.refresh();
  const markers = all.filter(({ size }) => size === 0);
  for (let at = 0; at < markers.length; at += MAX_LINKS) {
    const emptyFile = join(journal.folders.pathOf(segment.number), nextTempName());
    const group = markers.slice(at, at + MAX_LINKS);
    await createEmptyFile(emptyFile);
    // The reconciler waits for the age of a marker, not of its file.
    const oldest = Math.min(...group.map(({ timeMs }) => timeMs)) / 1_000;
    await utimes(emptyFile, oldest, oldest);
    await forEach(group, (entry) => store(entry, emptyFile));
  }
  await forEach([...stored], (folder) => target.folders.syncPath(folder));
  if (failed.length > 0) await keepInJournal(journal, failed, all.length, forEach);
  await journal.folders.retire(segment.number);
  await journal.refresh();
  return failed[0]?.error;
}

/**
 * Puts objects that cannot become files into the open segment, unless they are deleted meanwhile.
 * @throws the first error when all objects have failed: then it concerns the store
 */
async function keepInJournal(
  journal: Journal,
  failed: readonly { entry: Entry; error: unknown }[],
  attempted: number,
  forEach: ForEach,
): Promise<void> {
  if (failed.length === attempted && attempted > 1) throw failed[0]?.error;
  await forEach(failed, async ({ entry }) => {
    const { key, segment, isOnly, timeMs } = entry;
    if (!segment.entries.has(key)) return;
    const body = await journal.readUnchecked(entry).catch((error: unknown) => {
      if (!isOwnProblem(error)) throw error;
      return UNREADABLE;
    });
    // One write: no process sees the key without its object. Deletes later objects with this key, which did not count.
    const [removal, kept] = await journal.append([
      { type: 'delete', key, body: EMPTY },
      { type: isOnly ? 'create' : 'put', key, body, timeMs },
    ]);
    if (removal?.existing !== undefined || kept === undefined) return;
    // It was deleted before.
    await journal.append([{ type: 'delete', key, body: EMPTY }]);
    for (const { bodies, segment: holder } of journal.findRemoved(key))
      await journal.folders.erase(holder.number, bodies);
  });
}

/** Whether a write failed because of its own file or folder. */
function isOwnProblem(error: unknown): boolean {
  return canConcernOneObject(error) || OWN_CODES.has(errorCode(error) ?? '');
}

async function storeBody(journal: Journal, entry: Entry, place: (file: string) => Promise<unknown>): Promise<void> {
  // Unchecked: a damaged object is stored as it is, so that its readers find the damage.
  const body = entry.body ?? (await journal.readUnchecked(entry));
  const temp = join(journal.folders.pathOf(entry.segment.number), nextTempName());
  try {
    const fd = await openFd(temp, O_CREAT | O_EXCL | O_WRONLY | O_DSYNC, FILE_MODE);
    try {
      await writeFully(fd, body);
      await setFdTimes(fd, entry.timeMs / 1_000, entry.timeMs / 1_000);
    } finally {
      await closeFd(fd);
    }
    await place(temp);
  } finally {
    await unlinkFile(temp).catch(() => undefined);
  }
}
