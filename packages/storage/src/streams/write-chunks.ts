import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { mapWriteErrors } from '../file/file-errors';
import { readExactly } from '../file/file-readable';

const CHUNK_BYTES = 256 * 1024;

/**
 * Writes chunks to a stream and requests the next chunk while the previous one is written. Resolves when all are written. A
 * chunk must stay unchanged until two more have been requested. @throws the error of the source or the stream
 */
export async function writeChunks(chunks: AsyncIterable<Uint8Array>, target: Writable): Promise<void> {
  const watch = new AbortController();
  // A stream that is destroyed without an error never calls back a pending write.
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
 * Reads a file in chunks that alternate between two buffers. Node's own file stream allocates one per chunk, which left
 * 30 MiB to the garbage collector. @throws ObjectCorruptError when the file is truncated during the read
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
