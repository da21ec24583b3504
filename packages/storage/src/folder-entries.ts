import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './file-errors';
import { FolderChanges } from './folder-changes';

/** Folders of this size are remembered. Smaller ones are read faster than they are checked. */
const LARGE = 500;
/** Names of all remembered folders together: some 100 bytes each. */
const MAX_REMEMBERED = 1_000_000;
/** A folder that changed so recently may change again without a later mtime: file systems count in steps of up to 2 s. */
const SETTLED_MS = 2_000;
/** Names that are taken from the system in one call, between which the event loop turns. */
const NAMES_A_CALL = 1_000;
/** Up to so many changes are put in place one by one. */
const FEW = 64;

interface Snapshot {
  /** Device, inode and birth: another folder of the same path is no change of this one. */
  folder: string;
  version: string;
  names: readonly string[];
  /** Only where the system reports changes; else the version says whether there were any. */
  changes: FolderChanges | undefined;
  /** Changes are applied one after the other. */
  updated: Promise<readonly string[] | undefined>;
}
interface Reads { running: Promise<readonly string[]>; next?: Promise<readonly string[]> }

const SURROGATE = /[\ud800-\udfff]/;

/** By UTF-8 bytes, which is the order of UTF-16 units except around surrogate pairs. */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : Number(a > b);
}

function sortByBytes(names: string[]): string[] {
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareBytes) : names.sort();
}

/**
 * The names in a folder, sorted, folders with a trailing `/`. Large folders are remembered and kept up to date by what the
 * kernel reports of them, or where it reports nothing for as long as their mtime stays; either way every process's writes
 * are seen at once. Callers at the same time share one reading.
 */
export class FolderEntries {
  private readonly snapshots = new Map<string, Snapshot>();
  /** Folders that were large when last read: only they are worth a look at their mtime. */
  private readonly large = new Set<string>();
  private readonly reads = new Map<string, Reads>();
  private remembered = 0;

  /** Everything that was there before the call; empty when there is no such folder. */
  async read(folder: string): Promise<readonly string[]> {
    const names = this.large.has(folder) ? await this.recall(folder) : undefined;
    return names ?? this.readShared(folder);
  }

  stop(): void {
    for (const folder of this.snapshots.keys()) this.forget(folder);
  }

  /** Undefined when what is remembered may be out of date. */
  private async recall(path: string): Promise<readonly string[] | undefined> {
    const stats = await statOf(path);
    const snapshot = this.snapshots.get(path);
    if (stats === undefined || snapshot === undefined || snapshot.folder !== identityOf(stats)) return undefined;
    if (snapshot.changes === undefined) return snapshot.version === versionOf(stats) ? snapshot.names : undefined;
    snapshot.updated = snapshot.updated.catch(() => undefined).then(() => update(path, snapshot));
    return snapshot.updated;
  }

  /** A reading under way may have missed what was just written, so later callers share the one after it. */
  private readShared(folder: string): Promise<readonly string[]> {
    const reads = this.reads.get(folder);
    if (reads === undefined) return this.run(folder);
    reads.next ??= reads.running.catch(() => undefined).then(() => this.run(folder));
    return reads.next;
  }

  private run(folder: string): Promise<readonly string[]> {
    const reads: Reads = { running: this.readAndRemember(folder) };
    this.reads.set(folder, reads);
    const forget = () => {
      if (reads.next === undefined) this.reads.delete(folder);
    };
    reads.running.then(forget, forget);
    return reads.running;
  }

  private async readAndRemember(folder: string): Promise<readonly string[]> {
    const isLarge = this.large.has(folder);
    this.forget(folder);
    const startedMs = Date.now();
    // Before the reading: what changes meanwhile is looked at again.
    const changes = isLarge ? await FolderChanges.open(folder) : undefined;
    const stats = isLarge ? await statOf(folder) : undefined;
    const names = await namesIn(folder, isLarge);
    if (names.length >= LARGE) this.large.add(folder);
    const isSettled = stats !== undefined && (changes !== undefined || Number(stats.mtimeMs) < startedMs - SETTLED_MS);
    if (isSettled && names.length >= LARGE) {
      this.remember(folder, { folder: identityOf(stats), version: versionOf(stats), names, changes, updated: Promise.resolve(undefined) });
    } else changes?.close();
    return names;
  }

  private remember(folder: string, snapshot: Snapshot): void {
    for (const oldest of this.snapshots.keys()) {
      if (this.remembered + snapshot.names.length <= MAX_REMEMBERED) break;
      this.forget(oldest);
    }
    this.snapshots.set(folder, snapshot);
    this.remembered = [...this.snapshots.values()].reduce((sum, { names }) => sum + names.length, 0);
  }

  private forget(folder: string): void {
    const snapshot = this.snapshots.get(folder);
    snapshot?.changes?.close();
    this.remembered -= snapshot?.names.length ?? 0;
    this.snapshots.delete(folder);
    this.large.delete(folder);
  }
}

/** Puts what has changed in place, in a copy: others may be reading the names. Undefined when changes may be missing. */
async function update(path: string, snapshot: Snapshot): Promise<readonly string[] | undefined> {
  const changed = (await snapshot.changes?.take())?.filter((name) => !name.startsWith('.'));
  if (changed === undefined) return undefined;
  if (changed.length === 0) return snapshot.names;
  const present = await entriesOf(path, changed).catch((error: unknown) => {
    snapshot.changes?.close(); // what was taken is lost: the folder is read next time
    throw error;
  });
  const absent = changed.flatMap((name) => [name, `${name}/`]);
  snapshot.names = changed.length <= FEW ? withFew(snapshot.names, absent, present) : withMany(snapshot.names, absent, present);
  return snapshot.names;
}

function withFew(names: readonly string[], absent: readonly string[], present: readonly string[]): string[] {
  const updated = [...names];
  for (const name of absent) {
    const index = lowerBound(updated, name);
    if (updated[index] === name) updated.splice(index, 1);
  }
  for (const name of present) updated.splice(lowerBound(updated, name), 0, name);
  return updated;
}

function withMany(names: readonly string[], absent: readonly string[], present: readonly string[]): string[] {
  const removed = new Set(absent);
  return sortByBytes([...names.filter((name) => !removed.has(name)), ...present]);
}

async function entriesOf(folder: string, names: readonly string[]): Promise<string[]> {
  return (await Promise.all(names.map((name) => entryOf(folder, name)))).filter((name) => name !== undefined);
}

/** The name as it is listed; undefined when it is gone, or no file or folder. */
async function entryOf(folder: string, name: string): Promise<string | undefined> {
  try {
    const stats = await lstat(join(folder, name));
    if (stats.isDirectory()) return `${name}/`;
    return stats.isFile() || stats.isSymbolicLink() ? name : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Index of the first name that is not below the bound. */
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
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** With its birth, for the number of a removed folder may be given to the next. */
function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

function versionOf({ mtimeNs, ctimeNs }: BigIntStats): string {
  return `${mtimeNs}:${ctimeNs}`;
}

async function namesIn(folder: string, isLarge: boolean): Promise<string[]> {
  try {
    return sortByBytes(await (isLarge ? readInPieces(folder) : readAtOnce(folder)));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function readAtOnce(folder: string): Promise<string[]> {
  return (await readdir(folder, { withFileTypes: true })).filter(isShown).map(nameOf);
}

async function readInPieces(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const dirent of await opendir(folder, { bufferSize: NAMES_A_CALL })) if (isShown(dirent)) names.push(nameOf(dirent));
  return names;
}

function nameOf(dirent: Dirent): string {
  return dirent.isDirectory() ? `${dirent.name}/` : dirent.name;
}

function isShown(dirent: Dirent): boolean {
  return !dirent.name.startsWith('.') && (dirent.isFile() || dirent.isDirectory() || dirent.isSymbolicLink());
}
