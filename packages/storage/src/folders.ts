import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectorySync } from './directory-sync';
import { errorCode, isAbsent } from './file-errors';
import { mkdir, unlink } from './fs-calls';

const FOLDER_MODE = 0o750; // objects hold patient data: nothing for others
const MAX_REMEMBERED = 10_000;
const MAX_ATTEMPTS = 10;
/** Another removed the folder. Node's recursive mkdir says ENOTDIR when one that it has just met is gone when it looks. */
const GONE_MEANWHILE = new Set(['ENOENT', 'ENOTDIR']);

/** The folders below a file store's root: made when needed, removed with their contents, and durable by name. */
export class Folders {
  private readonly directorySync = new DirectorySync();
  /** Folders whose own names are known to be on disk, so that a write there syncs one directory and not the whole way up. */
  private readonly durable = new Set<string>();

  constructor(private readonly root: string) {}

  /** Makes the root itself durable; below it `settle` does that. */
  async makeRoot(): Promise<void> {
    const first = await mkdir(this.root, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = this.root; path.length >= first.length; path = dirname(path)) {
      await this.directorySync.sync(dirname(path));
    }
  }

  /** Makes a folder and those above it; `settle` makes them durable. */
  async make(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let path = folder; path.length >= first.length; path = dirname(path)) this.durable.delete(path);
  }

  /** Makes a folder that this process has not met: to put into it first and hear that it is missing would cost more. */
  async prepare(folder: string): Promise<void> {
    if (this.durable.has(folder)) return;
    try {
      await this.make(folder);
    } catch (error) {
      // Another removes it at the same time: whoever puts something in makes it again.
      if (!GONE_MEANWHILE.has(errorCode(error) ?? '')) throw error;
    }
  }

  /** Runs `place`, which puts a name into `folder`, making the folder when it is missing or was just removed by another. */
  async inFolder<T>(folder: string, place: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) await this.make(folder);
        return await place();
      } catch (error) {
        if (!GONE_MEANWHILE.has(errorCode(error) ?? '') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Resolves when every name put into `folder` so far is durable, and so is the way to it. */
  async settle(folder: string): Promise<void> {
    const fresh = [...this.upwards(folder)];
    await Promise.all([folder, ...fresh.map((path) => dirname(path))].map((path) => this.directorySync.sync(path)));
    if (this.durable.size > MAX_REMEMBERED) this.durable.clear();
    for (const path of fresh) this.durable.add(path);
  }

  /** Deletes everything in `folder` and the folder, durably; resolves to the number of files. */
  async remove(folder: string): Promise<number> {
    const files = await this.empty(folder);
    await this.directorySync.sync(dirname(folder));
    return files;
  }

  private *upwards(folder: string): Generator<string> {
    for (let path = folder; path.length > this.root.length && !this.durable.has(path); path = dirname(path)) yield path;
  }

  private async empty(folder: string): Promise<number> {
    let files = 0;
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      files += entry.isDirectory() ? await this.empty(path) : await unlinkFile(path);
    }
    this.durable.delete(folder);
    await removeIfEmpty(folder);
    return files;
  }
}

/** What a folder holds; nothing when it is not there. */
export async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The number of files that this call removed: none when another was faster, or when a folder is there. */
export async function unlinkFile(path: string): Promise<0 | 1> {
  try {
    await unlink(path);
    return 1;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}

/** A folder that another writer has just put something into stays. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isAbsent(error) && errorCode(error) !== 'ENOTEMPTY') throw error;
  }
}
