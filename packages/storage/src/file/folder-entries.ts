import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isNotFound } from './file-errors';
import { FolderChanges } from './folder-changes';

/** Folders of this size are cached. Reading a smaller folder is faster than checking its cache entry. */
const LARGE_FOLDER_ENTRIES = 500;
/** Limit for all cached folders together; a name takes about 100 bytes. */
const MAX_CACHED_ENTRIES = 1_000_000;
/** A folder that changed this recently may change again without a new mtime: its resolution is up to 2 s. */
const STABLE_MS = 2_000;
/** Names per system call; the event loop runs between calls. */
const ENTRIES_PER_READ = 1_000;
/** Up to this many changes are applied one by one; more are merged and sorted again. */
const MAX_SINGLE_UPDATES = 64;

interface Snapshot {
  /** Device, inode and birth time: detects a folder that was replaced by another with the same path. */
  folder: string;
  version: string;
  names: readonly string[];
  /** Undefined where the system reports no changes; then `version` detects them. */
  changes: FolderChanges | undefined;
  /** Serialises the application of changes. */
  updated: Promise<readonly string[] | undefined>;
}
interface Reads {
  running: Promise<readonly string[]>;
  queued?: Promise<readonly string[]>;
}

const SURROGATE = /[\ud800-\udfff]/;

/** Compares by UTF-8 bytes. UTF-16 order differs only for surrogate pairs. */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : Number(a > b);
}

function sortByBytes(names: string[]): string[] {
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareBytes) : names.sort();
}

/**
 * Reads the sorted names in a folder; folders have a trailing `/`. Large folders are cached. The cache applies the changes
 * that the kernel reports, or is discarded when the folder's mtime changes. Either way a read sees every earlier write of
 * every process. Concurrent callers share one read.
 */
export class FolderEntries {
  private readonly snapshots = new Map<string, Snapshot>();
  /** Folders that were large when last read. Only these are checked for changes. */
  private readonly large = new Set<string>();
  private readonly reads = new Map<string, Reads>();
  private cachedEntries = 0;

  /** Includes every entry created before the call. A missing folder has no entries. */
  async read(folder: string): Promise<readonly string[]> {
    const names = this.large.has(folder) ? await this.readCached(folder) : undefined;
    return names ?? this.readShared(folder);
  }

  stop(): void {
    for (const folder of this.snapshots.keys()) this.evict(folder);
  }

  /** Returns undefined when the cached names may be out of date. */
  private async readCached(path: string): Promise<readonly string[] | undefined> {
    const stats = await statOf(path);
    const snapshot = this.snapshots.get(path);
    if (stats === undefined || snapshot === undefined || snapshot.folder !== identityOf(stats)) return undefined;
    if (snapshot.changes === undefined) return snapshot.version === versionOf(stats) ? snapshot.names : undefined;
    snapshot.updated = snapshot.updated.catch(() => undefined).then(() => update(path, snapshot));
    return snapshot.updated;
  }

  /** A running read may miss a caller's latest write, so callers that arrive during it share the next one. */
  private readShared(folder: string): Promise<readonly string[]> {
    const reads = this.reads.get(folder);
    if (reads === undefined) return this.run(folder);
    reads.queued ??= reads.running.catch(() => undefined).then(() => this.run(folder));
    return reads.queued;
  }

  private run(folder: string): Promise<readonly string[]> {
    const reads: Reads = { running: this.readAndCache(folder) };
    this.reads.set(folder, reads);
    const onEnd = () => {
      if (reads.queued === undefined) this.reads.delete(folder);
    };
    reads.running.then(onEnd, onEnd);
    return reads.running;
  }

  private async readAndCache(folder: string): Promise<readonly string[]> {
    const isLarge = this.large.has(folder);
    this.evict(folder);
    const startedMs = Date.now();
    // Watch before the read, so that changes during the read are applied afterwards.
    const changes = isLarge ? await FolderChanges.open(folder) : undefined;
    let isCached = false;
    try {
      const stats = isLarge ? await statOf(folder) : undefined;
      const names = await readNames(folder, isLarge);
      const isStillLarge = names.length >= LARGE_FOLDER_ENTRIES;
      if (isStillLarge) this.large.add(folder);
      const isStable = changes !== undefined || Number(stats?.mtimeMs) < startedMs - STABLE_MS;
      if (isStillLarge && isStable && stats !== undefined) {
        const [identity, version] = [identityOf(stats), versionOf(stats)];
        this.cache(folder, { folder: identity, version, names, changes, updated: Promise.resolve(undefined) });
        isCached = true;
      }
      return names;
    } finally {
      if (!isCached) changes?.close();
    }
  }

  private cache(folder: string, snapshot: Snapshot): void {
    for (const oldest of this.snapshots.keys()) {
      if (this.cachedEntries + snapshot.names.length <= MAX_CACHED_ENTRIES) break;
      this.evict(oldest);
    }
    this.snapshots.set(folder, snapshot);
    this.cachedEntries = [...this.snapshots.values()].reduce((sum, { names }) => sum + names.length, 0);
  }

  private evict(folder: string): void {
    const snapshot = this.snapshots.get(folder);
    snapshot?.changes?.close();
    this.cachedEntries -= snapshot?.names.length ?? 0;
    this.snapshots.delete(folder);
    this.large.delete(folder);
  }
}

/** Applies changes to a copy, because other callers may hold the names. Returns undefined when changes may be missing. */
async function update(path: string, snapshot: Snapshot): Promise<readonly string[] | undefined> {
  const changed = (await snapshot.changes?.drain())?.filter((name) => !name.startsWith('.'));
  if (changed === undefined) return undefined;
  if (changed.length === 0) return snapshot.names;
  const present = await existingEntries(path, changed).catch((error: unknown) => {
    snapshot.changes?.close(); // the drained changes are lost, so the next call reads the folder
    throw error;
  });
  const absent = changed.flatMap((name) => [name, `${name}/`]);
  snapshot.names =
    changed.length <= MAX_SINGLE_UPDATES
      ? applyFewChanges(snapshot.names, absent, present)
      : applyManyChanges(snapshot.names, absent, present);
  return snapshot.names;
}

function applyFewChanges(names: readonly string[], absent: readonly string[], present: readonly string[]): string[] {
  const updated = [...names];
  for (const name of absent) {
    const index = lowerBound(updated, name);
    if (updated[index] === name) updated.splice(index, 1);
  }
  for (const name of present) updated.splice(lowerBound(updated, name), 0, name);
  return updated;
}

function applyManyChanges(names: readonly string[], absent: readonly string[], present: readonly string[]): string[] {
  const removed = new Set(absent);
  return sortByBytes([...names.filter((name) => !removed.has(name)), ...present]);
}

async function existingEntries(folder: string, names: readonly string[]): Promise<string[]> {
  return (await Promise.all(names.map((name) => entryOf(folder, name)))).filter((name) => name !== undefined);
}

/** Returns the name as listed, or undefined when it is gone or a special file. */
async function entryOf(folder: string, name: string): Promise<string | undefined> {
  try {
    const stats = await lstat(join(folder, name));
    if (stats.isDirectory()) return `${name}/`;
    return stats.isFile() || stats.isSymbolicLink() ? name : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Returns the index of the first name ≥ `bound`. */
export function lowerBound(names: readonly string[], bound: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(names[middle]!, bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function statOf(folder: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(folder, { bigint: true });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Includes the birth time, because an inode number is reused after the folder is removed. */
function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

function versionOf({ mtimeNs, ctimeNs }: BigIntStats): string {
  return `${mtimeNs}:${ctimeNs}`;
}

async function readNames(folder: string, isLarge: boolean): Promise<string[]> {
  try {
    return sortByBytes(await (isLarge ? readInChunks(folder) : readWhole(folder)));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function readWhole(folder: string): Promise<string[]> {
  return (await readdir(folder, { withFileTypes: true })).filter(isVisible).map(nameOf);
}

async function readInChunks(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const dirent of await opendir(folder, { bufferSize: ENTRIES_PER_READ }))
    if (isVisible(dirent)) names.push(nameOf(dirent));
  return names;
}

function nameOf(dirent: Dirent): string {
  return dirent.isDirectory() ? `${dirent.name}/` : dirent.name;
}

function isVisible(dirent: Dirent): boolean {
  return !dirent.name.startsWith('.') && (dirent.isFile() || dirent.isDirectory() || dirent.isSymbolicLink());
}
