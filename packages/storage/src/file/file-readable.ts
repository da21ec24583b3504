import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ObjectCorruptError } from '../errors';
import { mapWriteErrors } from './file-errors';
import { readFully } from './files-equal';

const CHUNK_BYTES = 256 * 1024;

/** Fills the buffer. @throws ObjectCorruptError when the file was truncated after it was opened */
export async function readExactly(key: string, file: FileHandle, buffer: Buffer, start: number): Promise<void> {
  const bytes = await readFully(file, buffer, start);
  if (bytes < buffer.length) throw new ObjectCorruptError(key, 'it was truncated during the read');
}

/**
 * Reads bytes `start` up to `end` of a file, then closes it. Unlike Node's own stream, which ends without an error, it fails
 * when the file is truncated during the read.
 */
export class FileReadable extends Readable {
  constructor(
    private readonly key: string,
    private readonly file: FileHandle,
    private position: number,
    private readonly end: number,
  ) {
    super({ highWaterMark: CHUNK_BYTES });
  }

  override _read(): void {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.end - this.position));
    if (chunk.length === 0) return void this.push(null);
    mapWriteErrors(() => readExactly(this.key, this.file, chunk, this.position)).then(
      () => {
        this.position += chunk.length;
        this.push(chunk);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.file.close().then(
      () => done(error),
      (closeError: unknown) => done(error ?? (closeError as Error)),
    );
  }
}
