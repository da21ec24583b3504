import fs from 'node:fs';
import { promisify } from 'node:util';
import { ObjectCorruptError } from './errors';

/**
 * What the file store asks of the file system for every small object, with descriptors as numbers. Made of the callback
 * functions: those of node:fs/promises cost three times the CPU a call, which is most of what a small object costs here.
 * Nothing here is synchronous: on a network mount that hangs even a close would freeze the event loop, and health with it.
 * `syncFd` looks its function up at each call, so that tests can watch it.
 */
export const openFd = promisify((path: string, flags: string | number, mode: number, done: (error: Error | null, fd: number) => void) => fs.open(path, flags, mode, done));
export const closeFd = promisify(fs.close);
const fstat = promisify((fd: number, done: (error: Error | null, stats: fs.Stats) => void) => fs.fstat(fd, done));
export const syncFd = promisify((fd: number, done: fs.NoParamCallback) => fs.fsync(fd, done));
export const link = promisify(fs.link);
export const mkdir: (path: string, options: { recursive: true; mode: number }) => Promise<string | undefined> = promisify(fs.mkdir);
export const rename = promisify(fs.rename);
export const stat = promisify(fs.stat);
export const lstat = promisify(fs.lstat);
export const unlink = promisify(fs.unlink);

const write = promisify(fs.write);
const read = promisify(fs.read);

/** A whole file; of a folder the error that reading one is. @throws ObjectCorruptError when it is truncated meanwhile */
export async function readFile(path: string): Promise<Buffer> {
  const fd = await openFd(path, 'r', 0);
  try {
    const bytes = Buffer.allocUnsafe((await fstat(fd)).size);
    let size = 0;
    for (let got = -1; got !== 0 && size < bytes.length; size += got) got = (await read(fd, bytes, size, Math.min(CALL_BYTES, bytes.length - size), size)).bytesRead;
    if (size < bytes.length) throw new ObjectCorruptError(path, 'it became shorter while it was read');
    // Also of an empty folder, whose reading fails.
    if (size === 0) await read(fd, Buffer.allocUnsafe(1), 0, 1, 0);
    return bytes;
  } finally {
    await closeFd(fd);
  }
}

/**
 * Most bytes of one call. A call keeps its thread until it is done, and there are few: in one go, some megabytes hold up
 * the small objects that somebody waits for.
 */
const CALL_BYTES = 512 * 1024;

/** All of the bytes, at the descriptor's position. */
export async function writeFully(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await write(fd, bytes, at, Math.min(CALL_BYTES, bytes.byteLength - at))).bytesWritten;
}
