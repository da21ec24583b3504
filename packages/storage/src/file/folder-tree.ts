import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectorySync } from './directory-sync';
import { errorCode, isNotFound } from './file-errors';
import { mkdir, unlink } from './fs-callbacks';

const FOLDER_MODE = 0o750; // objects hold patient data: nothing for others
const MAX_SYNCED_FOLDERS = 10_000;
const MAX_ATTEMPTS = 10;
/** Another removed the folder. Node's recursive mkdir says ENOTDIR when one that it has just met is gone when it looks. */
const CONCURRENTLY_REMOVED = new Set(['ENOENT', 'ENOTDIR']);

/** The folders below a file store's root: made when needed, removed with their contents, and durable by name. */
export class FolderTree {
  private readonly directorySync = new DirectorySync();
  /** Folders whose own names are known to be on disk, so that a write there syncs one directory and not the whole way up. */
  private readonly syncedFolders = new Set<string>();

  constructor(private readonly root: string) {}

  /** Makes the root itself durable; below it `settle` does that. */
  async createRoot(): Promise<void> {
    const first = await mkdir(this.root, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = this.root; path.length >= first.length; path = dirname(path)) {
      await this.directorySync.sync(dirname(path));
    }
  }

  /** Makes a folder and those above it; `settle` makes them durable. */
  async create(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = folder; path.length >= first.length; path = dirname(path)) this.syncedFolders.delete(path);
  }

  /**
   * Runs `place`, which puts a name into `folder`, making the folder when it is missing or was just removed by another.
   * @param likelyMissing that the folder is likely to be missing: then it is made first, unless this process has met it
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

  /** Resolves when every name put into `folder` so far is durable, and so is the way to it. */
  async syncPath(folder: string): Promise<void> {
    const unsynced = [...this.unsyncedAncestors(folder)];
    await Promise.all([folder, ...unsynced.map((path) => dirname(path))].map((path) => this.directorySync.sync(path)));
    if (this.syncedFolders.size > MAX_SYNCED_FOLDERS) this.syncedFolders.clear();
    for (const path of unsynced) this.syncedFolders.add(path);
  }

  /** Deletes everything in `folder` and the folder, durably; resolves to the number of files. */
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

/** What a folder holds; nothing when it is not there. */
export async function readEntries(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** The number of files that this call removed: none when another was faster, or when a folder is there. */
export async function unlinkFile(path: string): Promise<0 | 1> {
  try {
    await unlink(path);
    return 1;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

/** A folder that another writer has just put something into stays. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isNotFound(error) && errorCode(error) !== 'ENOTEMPTY') throw error;
  }
}
