import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { mapWriteErrors } from '../file/file-errors';
import { readExactly } from '../file/file-readable';

const CHUNK_BYTES = 256 * 1024;

/**
 * Writes chunks to a stream, one being asked for while the one before is written; resolved when all are written. A chunk's
 * memory may be used again when the next but one is asked for. @throws what the chunks or the stream fail with
 */
export async function writeChunks(chunks: AsyncIterable<Uint8Array>, target: Writable): Promise<void> {
  const watch = new AbortController();
  // A stream that is destroyed without an error calls no writer back.
  const ended = finished(target, { signal: watch.signal });
  ended.catch(() => undefined);
  try {
    let writing: Promise<void> = Promise.resolve();
    for await (const chunk of chunks) {
      await writing;
      writing = Promise.race([writeChunk(target, chunk), ended]);
      writing.catch(() => undefined);
    }
    await writing;
  } finally {
    watch.abort();
  }
}

/**
 * Bytes of a file in two pieces of memory, in turn: a stream of the file's own leaves one behind for each chunk to the
 * garbage collector, 30 MiB at a time. @throws ObjectCorruptError when the file ends early
 */
export async function* doubleBufferedChunks(
  key: string,
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const [one, other] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  for (let at = start, index = 0; at < end; at += CHUNK_BYTES, index++) {
    const chunk = (index % 2 === 0 ? one : other).subarray(0, Math.min(CHUNK_BYTES, end - at));
    await mapWriteErrors(() => readExactly(key, file, chunk, at));
    yield chunk;
  }
}

function writeChunk(target: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    target.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
