import fs from 'node:fs';
import { promisify } from 'node:util';

/**
 * What the file store asks of the file system for every small object, with descriptors as numbers. Made of the callback
 * functions: those of node:fs/promises cost three times the CPU a call, which is most of what a small object costs here.
 */
export const openFd = promisify(fs.open);
export const closeFd = promisify(fs.close);
/** Looks its function up at each call, so that it can be watched. */
export const syncFd = promisify((fd: number, done: fs.NoParamCallback) => fs.fsync(fd, done));
export const link = promisify(fs.link);
export const mkdir: (path: string, options: { recursive: true; mode: number }) => Promise<string | undefined> = promisify(fs.mkdir);
export const readFile: (path: string) => Promise<Buffer> = promisify(fs.readFile);
export const rename = promisify(fs.rename);
export const stat = promisify(fs.stat);
export const unlink = promisify(fs.unlink);

const write = promisify(fs.write);

/** All of the bytes, at the descriptor's position. */
export async function writeFully(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await write(fd, bytes, at, bytes.byteLength - at)).bytesWritten;
}
