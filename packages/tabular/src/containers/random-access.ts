import type { RandomAccess } from '../source';

const CHUNK_BYTES = 256 * 1024;

/** A file that is held in memory. */
export function bytesAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: async (offset, length) =>
      bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)),
  };
}

/** Bytes [start, end) of the file in chunks; ends early where the file ends early. */
export async function* readRange(file: RandomAccess, start = 0, end = file.size): AsyncGenerator<Uint8Array> {
  let offset = start;
  while (offset < end) {
    const chunk = await file.read(offset, Math.min(CHUNK_BYTES, end - offset));
    if (chunk.length === 0) return;
    offset += chunk.length;
    yield chunk;
  }
}
