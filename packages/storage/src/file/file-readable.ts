import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ObjectCorruptError } from '../errors';
import { mapWriteErrors } from './file-errors';
import { readFully } from './files-equal';

const CHUNK_BYTES = 256 * 1024;

/** Fills the buffer. @throws ObjectCorruptError when the file is shorter than it was when it was opened */
export async function readExactly(key: string, file: FileHandle, buffer: Buffer, start: number): Promise<void> {
  const bytes = await readFully(file, buffer, start);
  if (bytes < buffer.length) throw new ObjectCorruptError(key, 'it became shorter while it was read');
}

/**
 * Bytes `start` up to `end` of a file, all of them: a stream of Node.js's own ends without an error when the file has been
 * truncated meanwhile. Closes the file.
 */
export class FileReadable extends Readable {
  constructor(
    private readonly key: string,
    private readonly file: FileHandle,
    private at: number,
    private readonly end: number,
  ) {
    super({ highWaterMark: CHUNK_BYTES });
  }

  override _read(): void {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.end - this.at));
    if (chunk.length === 0) return void this.push(null);
    mapWriteErrors(() => readExactly(this.key, this.file, chunk, this.at)).then(
      () => {
        this.at += chunk.length;
        this.push(chunk);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.file.close().then(
      () => done(error),
      (closing: unknown) => done(error ?? (closing as Error)),
    );
  }
}
