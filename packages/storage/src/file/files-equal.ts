import { open, type FileHandle } from 'node:fs/promises';
import { READ_FLAGS } from './fs-callbacks';

const CHUNK_BYTES = 256 * 1024;

/** Fills the buffer from position `start` of the file. @returns the number of bytes read: fewer when the file ends */
export async function readFully(handle: FileHandle, buffer: Buffer, start: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function contentsEqual(a: FileHandle, b: FileHandle): Promise<boolean> {
  const sizes = await Promise.all([a.stat(), b.stat()]);
  if (sizes[0].size !== sizes[1].size) return false;
  const chunkA = Buffer.allocUnsafe(CHUNK_BYTES);
  const chunkB = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let start = 0; start < sizes[0].size; start += CHUNK_BYTES) {
    const read = await Promise.all([readFully(a, chunkA, start), readFully(b, chunkB, start)]);
    if (!chunkA.subarray(0, read[0]).equals(chunkB.subarray(0, read[1]))) return false;
  }
  return true;
}

/** Compares two files chunk by chunk. */
export async function filesEqual(pathA: string, pathB: string): Promise<boolean> {
  const handles: FileHandle[] = [];
  try {
    for (const path of [pathA, pathB]) handles.push(await open(path, READ_FLAGS));
    return await contentsEqual(handles[0]!, handles[1]!);
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}
