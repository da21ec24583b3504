import fs from 'node:fs';
import { promisify } from 'node:util';
import { ObjectCorruptError } from '../errors';

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

/** Reads a whole file; rejects for a folder. @throws ObjectCorruptError when the file is truncated during the read */
export async function readFile(path: string): Promise<Buffer> {
  const fd = await openFd(path, 'r', 0);
  try {
    const bytes = Buffer.allocUnsafe((await fstat(fd)).size);
    let size = 0;
    for (let bytesRead = -1; bytesRead !== 0 && size < bytes.length; size += bytesRead)
      bytesRead = (await read(fd, bytes, size, Math.min(MAX_CALL_BYTES, bytes.length - size), size)).bytesRead;
    if (size < bytes.length) throw new ObjectCorruptError(path, 'it was truncated during the read');
    // A folder can have size 0 too: reading it throws EISDIR.
    if (size === 0) await read(fd, Buffer.allocUnsafe(1), 0, 1, 0);
    return bytes;
  } finally {
    await closeFd(fd);
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
