import type { BigIntStats, Dirent } from 'node:fs';
import { opendir, readdir, stat } from 'node:fs/promises';
import { isAbsent } from './file-errors';

/** Folders of this size are remembered. Smaller ones are read faster than they are checked. */
const LARGE = 500;
/** Names of all remembered folders together: some 100 bytes each. */
const MAX_REMEMBERED = 1_000_000;
/** A folder that changed so recently may change again without a later mtime: file systems count in steps of up to 2 s. */
const SETTLED_MS = 2_000;
/** Names that are taken from the system in one call, between which the event loop turns. */
const NAMES_A_CALL = 1_000;

interface Snapshot { version: string; names: readonly string[] }
interface Reads { running: Promise<readonly string[]>; next?: Promise<readonly string[]> }

const SURROGATE = /[\ud800-\udfff]/;

/** By UTF-8 bytes, which is the order of UTF-16 units except around surrogate pairs. */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : Number(a > b);
}

/**
 * The names in a folder, sorted, folders with a trailing `/`. Large folders are remembered for as long as the file system
 * says that they have not changed, so another process's writes are seen at once; callers at the same time share one reading.
 */
export class FolderEntries {
  private readonly snapshots = new Map<string, Snapshot>();
  /** Folders that were large when last read: only they are worth a look at their mtime. */
  private readonly large = new Set<string>();
  private readonly reads = new Map<string, Reads>();
  private remembered = 0;

  /** Everything that was there before the call; empty when there is no such folder. */
  async read(folder: string): Promise<readonly string[]> {
    if (!this.large.has(folder)) return this.readShared(folder);
    const version = versionOf(await statOf(folder));
    const snapshot = this.snapshots.get(folder);
    return version !== undefined && snapshot?.version === version ? snapshot.names : this.readShared(folder);
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
    const startedMs = Date.now();
    const isLarge = this.large.has(folder);
    const before = isLarge ? await statOf(folder) : undefined;
    const names = await namesIn(folder, isLarge);
    this.forget(folder);
    if (names.length < LARGE) return names;
    this.large.add(folder);
    const version = versionOf(before);
    if (version !== undefined && Number(before!.mtimeMs) < startedMs - SETTLED_MS) this.remember(folder, { version, names });
    return names;
  }

  private remember(folder: string, snapshot: Snapshot): void {
    for (const oldest of this.snapshots.keys()) {
      if (this.remembered + snapshot.names.length <= MAX_REMEMBERED) break;
      this.forget(oldest);
    }
    this.snapshots.set(folder, snapshot);
    this.remembered += snapshot.names.length;
  }

  private forget(folder: string): void {
    this.remembered -= this.snapshots.get(folder)?.names.length ?? 0;
    this.snapshots.delete(folder);
    this.large.delete(folder);
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

function versionOf(stats: BigIntStats | undefined): string | undefined {
  return stats && [stats.dev, stats.ino, stats.mtimeNs, stats.ctimeNs].join();
}

async function namesIn(folder: string, isLarge: boolean): Promise<string[]> {
  try {
    return (await (isLarge ? readInPieces(folder) : readAtOnce(folder))).sort(compareBytes);
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
  return !dirent.name.startsWith('.') && (dirent.isFile() || dirent.isDirectory());
}
