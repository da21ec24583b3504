import fs from 'node:fs';
import { promisify } from 'node:util';
import { ObjectCorruptError, assertSize } from '../errors';
import type { TimedObject } from '../object-store';
import { isNotFound } from './file-errors';

/**
 * File system calls that every small object needs, promisified from the callback API. `node:fs/promises` costs three times
 * the CPU per call, and these calls are most of the cost of a small object. They are asynchronous, because on a hanging
 * network mount even a close would freeze the event loop and the health checks. Three that every object in the journal
 * needs are not: `readCached`, `inodeOfSync` and `isAbsentSync`. `syncFd` looks up `fs.fsync` at each call, so that
 * tests can replace it.
 */
export const openFd = promisify(
  (path: string, flags: string | number, mode: number, done: (error: Error | null, fd: number) => void) =>
    fs.open(path, flags, mode, done),
);
export const closeFd = promisify(fs.close);
const fstat = promisify((fd: number, done: (error: Error | null, stats: fs.Stats) => void) => fs.fstat(fd, done));
export const syncFd = promisify((fd: number, done: fs.NoParamCallback) => fs.fsync(fd, done));
export const link = promisify(fs.link);
export const mkdir: (path: string, options: { recursive: true; mode: number }) => Promise<string | undefined> =
  promisify(fs.mkdir);
export const rename = promisify(fs.rename);
export const stat = promisify(fs.stat);
export const lstat = promisify(fs.lstat);
export const unlink = promisify(fs.unlink);
export const setFdTimes = promisify(fs.futimes);

const write = promisify(fs.write);
const read = promisify(fs.read);

/** Opening a pipe for reading would block a pool thread until it has a writer; a regular file is not affected. */
export const READ_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/**
 * Reads a whole file; rejects for anything but a regular file as for a folder.
 * @throws ObjectCorruptError when the file has more than `maxBytes` or is truncated during the read
 */
export async function readFile(path: string, maxBytes = Infinity): Promise<TimedObject> {
  const fd = await openFd(path, READ_FLAGS, 0);
  try {
    const stats = await fstat(fd);
    if (!stats.isFile()) throw Object.assign(new Error('it is no regular file'), { code: 'EISDIR' });
    assertSize(path, stats.size, maxBytes);
    const bytes = Buffer.allocUnsafe(stats.size);
    let size = 0;
    for (let bytesRead = -1; bytesRead !== 0 && size < bytes.length; size += bytesRead)
      bytesRead = (await read(fd, bytes, size, Math.min(MAX_CALL_BYTES, bytes.length - size), size)).bytesRead;
    if (size < bytes.length) throw new ObjectCorruptError(path, 'it was truncated during the read');
    return { body: bytes, modifiedAt: stats.mtime };
  } finally {
    // Nothing depends on it: nothing was written.
    closeFd(fd).catch(() => undefined);
  }
}

/**
 * Maximum bytes per call. A call occupies one of the few pool threads until it ends, so a call of several megabytes would
 * delay small objects.
 */
const MAX_CALL_BYTES = 512 * 1024;

/** Writes all bytes at the descriptor's position. */
export async function writeFully(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;)
    at += (await write(fd, bytes, at, Math.min(MAX_CALL_BYTES, bytes.byteLength - at))).bytesWritten;
}

/**
 * Writes all bytes at the end of a file that was opened with O_APPEND: in one call, so that no other writer's bytes come between.
 * Like `syncFd`, it looks `fs.write` up at each call.
 */
export async function writeAppending(fd: number, bytes: Uint8Array): Promise<void> {
  const bytesWritten = await append(fd, bytes);
  // The kernel writes a part only when the disk is full, or its quota.
  if (bytesWritten < bytes.byteLength)
    throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC', syscall: 'write' });
}

const append = promisify((fd: number, bytes: Uint8Array, done: (error: Error | null, bytesWritten: number) => void) =>
  fs.write(fd, bytes, 0, bytes.byteLength, null, done),
);

/**
 * Reads synchronously, for the journal: it is on a local disk, and what was written within the last minute is in the page
 * cache, where a call on another thread costs several times the read itself. Single records: 4 % more per second. After a
 * start, or on a network mount to which a journal was copied, such a read may wait for the disk or the network.
 * @returns how many bytes were read; 0 at the end of the file
 */
export function readCached(fd: number, buffer: Buffer, at: number, length: number, position: number): number {
  return fs.readSync(fd, buffer, at, length, position);
}

/** The inode of a file of the journal, synchronously like `readCached`; undefined when there is none. */
export function inodeOfSync(path: string): number | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.ino;
  } catch (error) {
    // Node.js 20 throws when a file stands where a folder should be.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Whether nothing is at a path, synchronously: 8 % less of the API's CPU per single record than a call on another
 * thread. It waits while the folder is locked: do not call it while many objects are stored there. Any error counts as
 * something that may be there.
 */
export function isAbsentSync(path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

export async function writeZeros(fd: number, position: number, length: number): Promise<void> {
  for (let at = 0; at < length;)
    at += (await write(fd, Buffer.alloc(length - at), 0, length - at, position + at)).bytesWritten;
}

/** Reads from a position to the end of a file, like `readCached`. */
export function readCachedToEnd(fd: number, position: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = position; ;) {
    const chunk = Buffer.alloc(MAX_CALL_BYTES);
    const bytesRead = readCached(fd, chunk, 0, chunk.length, at);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

export async function inodeOfFd(fd: number): Promise<number> {
  return (await fstat(fd)).ino;
}
