import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectorySync } from './directory-sync';
import { errorCode, isNotFound } from './file-errors';
import { mkdir, unlink } from './fs-callbacks';

const FOLDER_MODE = 0o750; // objects hold patient data: no access for other users
const MAX_SYNCED_FOLDERS = 10_000;
const MAX_ATTEMPTS = 10;
/** Concurrent removal. Node's recursive mkdir reports ENOTDIR when a directory vanishes between its mkdir and stat. */
const CONCURRENTLY_REMOVED = new Set(['ENOENT', 'ENOTDIR']);

/** Creates, syncs and removes the folders below a file store's root. */
export class FolderTree {
  readonly directorySync = new DirectorySync();
  /** Folders whose own entries are durable. A write into one syncs one directory instead of all parents. */
  private readonly syncedFolders = new Set<string>();

  constructor(private readonly root: string) {}

  /** Creates the root durably. `syncPath` makes the folders below it durable. */
  async createRoot(): Promise<void> {
    const first = await mkdir(this.root, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = this.root; path.length >= first.length; path = dirname(path)) {
      await this.directorySync.sync(dirname(path));
    }
  }

  /** Creates a folder and its parents. Not durable until `syncPath`. */
  async create(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = folder; path.length >= first.length; path = dirname(path)) this.syncedFolders.delete(path);
  }

  /**
   * Runs `write`, which creates an entry in `folder`. Creates the folder when it is missing or is removed concurrently.
   * @param likelyMissing create the folder before the first attempt, unless this process has synced it before
   */
  async withFolder<T>(folder: string, write: () => Promise<T>, likelyMissing = false): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1 || (likelyMissing && !this.syncedFolders.has(folder))) await this.create(folder);
        return await write();
      } catch (error) {
        if (!CONCURRENTLY_REMOVED.has(errorCode(error) ?? '') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Resolves when every existing entry of `folder`, the folder and its parents are durable. */
  async syncPath(folder: string): Promise<void> {
    const unsynced = [...this.unsyncedAncestors(folder)];
    await Promise.all([folder, ...unsynced.map((path) => dirname(path))].map((path) => this.directorySync.sync(path)));
    if (this.syncedFolders.size > MAX_SYNCED_FOLDERS) this.syncedFolders.clear();
    for (const path of unsynced) this.syncedFolders.add(path);
  }

  /** Deletes the folder with its contents, durably unless another writer adds an entry. @returns the number of files deleted */
  async remove(folder: string): Promise<number> {
    const files = await this.removeContents(folder);
    await this.directorySync.sync(dirname(folder));
    return files;
  }

  private *unsyncedAncestors(folder: string): Generator<string> {
    for (let path = folder; path.length > this.root.length && !this.syncedFolders.has(path); path = dirname(path))
      yield path;
  }

  private async removeContents(folder: string): Promise<number> {
    let files = 0;
    for (const entry of await readEntries(folder)) {
      const path = join(folder, entry.name);
      files += entry.isDirectory() ? await this.removeContents(path) : await unlinkFile(path);
    }
    this.syncedFolders.delete(folder);
    await removeIfEmpty(folder);
    return files;
  }
}

/** Reads a folder's entries; a missing folder has none. */
export async function readEntries(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Removes a file. @returns 0 when there is no such file */
export async function unlinkFile(path: string): Promise<0 | 1> {
  try {
    await unlink(path);
    return 1;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

/** Keeps a folder into which another writer has just put an entry. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isNotFound(error) && errorCode(error) !== 'ENOTEMPTY') throw error;
  }
}
