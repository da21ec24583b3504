import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { mapWriteErrors } from '../file/file-errors';
import { readExactly } from '../file/file-readable';
import type { ByteRange } from '../object-store';

const CHUNK_BYTES = 256 * 1024;
const MAX_SPARE_PAIRS = 2;
/** Buffers of earlier reads: the first use of new memory costs more than reading into it. */
const sparePairs: BufferPair[] = [];

type BufferPair = readonly [Buffer, Buffer];

/**
 * Writes chunks to a stream and requests the next chunk while the previous one is written. Resolves when all are written. A
 * chunk must stay unchanged until two more have been requested. @throws the error of the source or the stream
 */
export async function writeChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  target: Writable,
): Promise<void> {
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
 * Writes bytes `start` up to `end` of a file to `target`, in chunks that alternate between two buffers. Node's own file
 * stream allocates one per chunk, which left 30 MiB to the garbage collector.
 * @throws ObjectCorruptError when the file is truncated during the read
 */
export async function pipeFile(
  key: string,
  file: FileHandle,
  { start, end }: ByteRange,
  target: Writable,
): Promise<void> {
  const pair: BufferPair = sparePairs.pop() ?? [
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
  ];
  await writeChunks(readChunks(key, file, start, end, pair), target);
  // Not after an error: a write may still use a buffer then.
  if (sparePairs.length < MAX_SPARE_PAIRS) sparePairs.push(pair);
}

async function* readChunks(
  key: string,
  file: FileHandle,
  start: number,
  end: number,
  [one, other]: BufferPair,
): AsyncGenerator<Uint8Array> {
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
