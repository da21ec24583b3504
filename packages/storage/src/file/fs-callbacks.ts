import fs from 'node:fs';
import { promisify } from 'node:util';
import { ObjectCorruptError, assertSize } from '../errors';

/**
 * File system calls that every small object needs, promisified from the callback API. `node:fs/promises` costs three times
 * the CPU per call, and these calls are most of the cost of a small object. None is synchronous: on a hanging network mount
 * even a close would freeze the event loop and the health checks. `syncFd` looks up `fs.fsync` at each call, so that tests can replace it.
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

const write = promisify(fs.write);
const read = promisify(fs.read);

/** Opening a pipe for reading would block a pool thread until it has a writer; a regular file is not affected. */
export const READ_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/**
 * Reads a whole file; rejects for anything but a regular file as for a folder.
 * @throws ObjectCorruptError when the file has more than `maxBytes` or is truncated during the read
 */
export async function readFile(path: string, maxBytes = Infinity): Promise<Buffer> {
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
    return bytes;
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
