import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Problem } from '../http/problem';

/** CSV of single digits shrinks about tenfold; what expands far more than that is no file of records. */
const MAX_RATIO = 200;
/** Below this nobody is harmed, and short files may be very regular. */
const FREE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Decompresses while it is read, a chunk at a time, so that a bomb is met long before it has expanded.
 * @throws Problem 413 when it expands too far, 400 when it is no intact gzip
 */
export async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let received = 0;
  let expanded = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of compressed) {
      received += chunk.length;
      yield chunk;
    }
  };
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = pipeline(Readable.from(counted(), { objectMode: false, highWaterMark: CHUNK_BYTES }), unpacked);
  feeding.catch(() => {
    // The same error comes out of reading below.
  });
  try {
    for await (const chunk of unpacked as AsyncIterable<Uint8Array>) {
      expanded += chunk.length;
      if (expanded > FREE_BYTES && expanded > received * MAX_RATIO) throw bomb();
      yield chunk;
    }
  } catch (error) {
    throw readable(error);
  }
}

function bomb(): Problem {
  return new Problem('too-large', `The body expands to more than ${MAX_RATIO} times its size.`);
}

function readable(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('Z_') ? new Problem('malformed-request', 'The body is not intact gzip.', { cause: error }) : error;
}
