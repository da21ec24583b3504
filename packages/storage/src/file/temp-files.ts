import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toAbortableReadable } from '../streams/abortable-source';
import { isNotFound, mapWriteErrors } from './file-errors';
import { readEntries, unlinkFile, type FolderTree } from './folder-tree';
import { closeFd, openFd, stat, syncFd, writeFully } from './fs-callbacks';
import type { ObjectBody } from '../object-store';

export const FILE_MODE = 0o640;
/** Bodies of this size are written with O_DSYNC: one call writes and syncs. */
const MAX_SYNC_WRITE_BYTES = 64 * 1024;
const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;
const NEW_FILE = O_CREAT | O_EXCL | O_WRONLY;
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;
/**
 * A temp file that was not written to for this long belongs to a crashed process. The margin covers clocks that differ by an
 * hour. Host names and pids cannot identify a process, because containers can share both.
 */
const LEFTOVER_AGE_MS = 90 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;

/** Unique among all processes that share the folder, across hosts and containers. */
const PROCESS_NAME = randomBytes(9).toString('base64url');
let sequence = 0;

/** A file name that no other process uses. */
export function nextTempName(): string {
  return `${PROCESS_NAME}~${sequence++}`;
}

/**
 * Writes a chunk while the next one is requested, and syncs in between: a single fsync of hundreds of MB at the end would
 * block every small write to the disk meanwhile.
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
    // The caller closes the file, so no write may be running, even after the source has failed.
    await Promise.allSettled([writing, syncing]);
  }
}

/** The caller awaits the promise later; suppress the unhandled-rejection warning until then. */
function inBackground(work: () => Promise<void>): Promise<void> {
  const promise = mapWriteErrors(work);
  promise.catch(() => undefined);
  return promise;
}

async function writeBytes(fd: number, bytes: Uint8Array): Promise<number> {
  await mapWriteErrors(() => writeFully(fd, bytes));
  return bytes.byteLength;
}

/** Writes and syncs temp files on the objects' disk, in a hidden folder that no listing shows. */
export class TempFiles {
  private sweptAtMs = performance.now();

  constructor(
    private readonly folder: string,
    private readonly folders: FolderTree,
  ) {}

  /**
   * Writes a body durably to a temp file, then calls `commit`, which moves it to its key. Removes the file on any failure.
   * @throws the error of the source, signal, disk or `commit`
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
      // Fails on a read-only disk and must not hide the first error. `sweep` removes the file later.
      await unlinkFile(path).catch(() => undefined);
      throw error;
    }
  }

  /** Creates the folder and removes the temp files of crashed processes. */
  async start(): Promise<void> {
    await this.folders.create(this.folder);
    await this.sweep();
  }

  private sweepWhenDue(): void {
    if (performance.now() - this.sweptAtMs < SWEEP_EVERY_MS) return;
    // A failed clean-up must not fail the write that triggered it.
    this.sweep().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    this.sweptAtMs = performance.now();
    for (const { name } of await readEntries(this.folder)) {
      const path = join(this.folder, name);
      // A folder is a draft of the journal.
      if (await isLeftover(path)) await rm(path, { recursive: true, force: true });
    }
  }

  /** Converts only the disk's errors to store errors; the source's errors pass unchanged, system errors included. */
  private async writeFile(path: string, body: ObjectBody, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted();
    if (body instanceof Uint8Array)
      return this.createAndWrite(path, (fd) => writeBytes(fd, body), body.byteLength <= MAX_SYNC_WRITE_BYTES);
    const source = toAbortableReadable(body, signal);
    return this.createAndWrite(path, (fd) => writeChunks(fd, source));
  }

  /** @param writesSynchronously each write is durable when it resolves (O_DSYNC) */
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
      // Nothing depends on it: all bytes are durable, or the write has failed.
      closeFd(fd).catch(() => undefined);
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
