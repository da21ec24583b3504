import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { toAbortableReadable } from '../streams/abortable-source';
import { isNotFound, mapWriteErrors } from './file-errors';
import { readEntries, unlinkFile, type FolderTree } from './folder-tree';
import { closeFd, openFd, stat, syncFd, writeFully } from './fs-callbacks';
import type { ObjectBody } from '../object-store';

export const FILE_MODE = 0o640;
/** So much is written in one call; with O_DSYNC that call also syncs, which spares a small object one of its few. */
const MAX_SYNC_WRITE_BYTES = 64 * 1024;
const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;
const NEW_FILE = O_CREAT | O_EXCL | O_WRONLY;
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;
/**
 * A file that has not been written to for this long was left by a process that died: one in use is written to all the time,
 * and the margin covers clocks that are an hour apart. Host names and pids say nothing, for containers share both.
 */
const LEFTOVER_AGE_MS = 90 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;

/** Unique among all processes that share the folder, on whatever host or in whatever container they run. */
const PROCESS_NAME = randomBytes(9).toString('base64url');
let sequence = 0;

function nextTempName(): string {
  return `${PROCESS_NAME}~${sequence++}`;
}

/**
 * Writes a chunk while the next one is asked for, and syncs as it goes: one sync of hundreds of MB at the end would hold up
 * every small write to the disk for as long.
 */
async function writeChunks(fd: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  let unsynced = 0;
  let writing: Promise<void> = Promise.resolve();
  let syncing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await writing;
      if (unsynced >= SYNC_EVERY_BYTES) {
        await syncing;
        syncing = inBackground(() => syncFd(fd));
        unsynced = 0;
      }
      writing = inBackground(() => writeFully(fd, chunk));
      size += chunk.byteLength;
      unsynced += chunk.byteLength;
    }
    await Promise.all([writing, syncing]);
    return size;
  } finally {
    // The caller closes the file, whatever came of its source.
    await Promise.allSettled([writing, syncing]);
  }
}

/** Its failure is thrown where it is waited for. */
function inBackground(work: () => Promise<void>): Promise<void> {
  const promise = mapWriteErrors(work);
  promise.catch(() => undefined);
  return promise;
}

async function writeBytes(fd: number, bytes: Uint8Array): Promise<number> {
  await mapWriteErrors(() => writeFully(fd, bytes));
  return bytes.byteLength;
}

/** Files on their way in: written and synced beside the objects, on the same disk, under names no listing shows. */
export class TempFiles {
  private sweptAtMs = performance.now();

  constructor(
    private readonly folder: string,
    private readonly folders: FolderTree,
  ) {}

  /**
   * Writes a body durably and hands the file to `place`, which moves it away. Whatever fails, no file is left.
   * @throws what the source, the signal, the disk or `place` throws.
   */
  async write<T>(
    body: ObjectBody,
    signal: AbortSignal | undefined,
    commit: (path: string, size: number) => Promise<T>,
  ): Promise<T> {
    this.sweepWhenDue();
    const path = join(this.folder, nextTempName());
    try {
      const size = await this.writeFile(path, body, signal);
      signal?.throwIfAborted();
      return await mapWriteErrors(() => commit(path, size));
    } catch (error) {
      // On a disk that became read-only this fails too, and must not hide what the write met. `sweep` removes what is left.
      await unlinkFile(path).catch(() => undefined);
      throw error;
    }
  }

  /** Makes the folder and removes leftovers. */
  async start(): Promise<void> {
    await this.folders.create(this.folder);
    await this.sweep();
  }

  private sweepWhenDue(): void {
    if (performance.now() - this.sweptAtMs < SWEEP_EVERY_MS) return;
    // Auxiliary: a failure must not fail the write that happens to come by.
    this.sweep().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    this.sweptAtMs = performance.now();
    for (const { name } of await readEntries(this.folder)) {
      const path = join(this.folder, name);
      if (await isLeftover(path)) await unlinkFile(path);
    }
  }

  /** The source's own errors are thrown as they are, even a system error: only the disk's are the store's. */
  private async writeFile(path: string, body: ObjectBody, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted();
    if (body instanceof Uint8Array)
      return this.createAndWrite(path, (fd) => writeBytes(fd, body), body.byteLength <= MAX_SYNC_WRITE_BYTES);
    const source = toAbortableReadable(body, signal);
    return this.createAndWrite(path, (fd) => writeChunks(fd, source));
  }

  /** @param writesSynchronously every write is durable when it is done */
  private async createAndWrite(
    path: string,
    write: (fd: number) => Promise<number>,
    writesSynchronously = false,
  ): Promise<number> {
    const flags = writesSynchronously ? NEW_FILE | O_DSYNC : NEW_FILE;
    const fd = await mapWriteErrors(() => this.folders.withFolder(this.folder, () => openFd(path, flags, FILE_MODE)));
    try {
      const size = await write(fd);
      if (size > 0 && !writesSynchronously) await mapWriteErrors(() => syncFd(fd));
      return size;
    } finally {
      await mapWriteErrors(() => closeFd(fd));
    }
  }
}

async function isLeftover(path: string): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < Date.now() - LEFTOVER_AGE_MS;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
