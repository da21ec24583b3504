import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Problem } from '../http/problem';

/** CSV of single digits shrinks about tenfold; a file of records never expands far more than that. */
const MAX_RATIO = 200;
/** Smaller outputs are harmless, and short files may compress very well. */
const RATIO_CHECK_FROM_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Decompresses on demand, a chunk at a time, so that a decompression bomb is rejected long before it has expanded.
 * @throws Problem 413 when it expands too far, 400 when it is not intact gzip
 */
export async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let compressedBytes = 0;
  let expandedBytes = 0;
  const countCompressed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of compressed) {
      compressedBytes += chunk.length;
      yield chunk;
    }
  };
  const decompressor = createGunzip({ chunkSize: CHUNK_BYTES });
  const piping = pipeline(
    Readable.from(countCompressed(), { objectMode: false, highWaterMark: CHUNK_BYTES }),
    decompressor,
  );
  piping.catch(() => {
    // Reading below throws the same error.
  });
  try {
    for await (const chunk of decompressor as AsyncIterable<Uint8Array>) {
      expandedBytes += chunk.length;
      if (expandedBytes > RATIO_CHECK_FROM_BYTES && expandedBytes > compressedBytes * MAX_RATIO) throw expandsTooFar();
      yield chunk;
    }
  } catch (error) {
    throw toGzipProblem(error);
  }
}

function expandsTooFar(): Problem {
  return new Problem('too-large', `The body expands to more than ${MAX_RATIO} times its size.`);
}

function toGzipProblem(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('Z_')
    ? new Problem('malformed-request', 'The body is not intact gzip.', { cause: error })
    : error;
}
