import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TabularError } from '../error';
import type { RandomAccess } from '../source';
import type { ExpansionLimit } from './expansion-limit';
import { readRange } from './random-access';

const CHUNK_BYTES = 64 * 1024;

/**
 * Decompresses a gzip file of any number of members while it is read.
 * @throws TabularError `damaged-file` where a member breaks off or a checksum differs, `expands-too-far`
 */
export async function* gunzip(file: RandomAccess, limit: ExpansionLimit): AsyncGenerator<Uint8Array> {
  const decompressed = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = pipeline(Readable.from(readRange(file), { objectMode: false }), decompressed);
  feeding.catch(() => {
    // The same error comes out of reading below.
  });
  try {
    yield* limit.count(decompressed as AsyncIterable<Uint8Array>);
    await assertReadWhole(file, decompressed.bytesWritten);
  } catch (error) {
    throw isZlibError(error) ? damagedGzip(error) : error;
  } finally {
    decompressed.destroy();
  }
}

/** Node stops at zero bytes after a member (tape padding) and would silently drop the bytes that follow them. */
async function assertReadWhole(file: RandomAccess, read: number): Promise<void> {
  for await (const rest of readRange(file, read)) if (rest.some((byte) => byte !== 0)) throw damagedGzip();
}

function isZlibError(error: unknown): boolean {
  return ((error as NodeJS.ErrnoException | undefined)?.code ?? '').startsWith('Z_');
}

function damagedGzip(cause?: unknown): TabularError {
  return new TabularError(
    'damaged-file',
    'The gzip file is damaged or incomplete. Pack it again and repeat the upload.',
    { cause },
  );
}
