import { createHash } from 'node:crypto';
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { StoreUnavailableError } from '../errors';
import { isInSharedBuffer } from './shared-read-buffer';

const IDLE_TIMEOUT_MS = 30_000;

/**
 * Passes a response body through and fails unless all expected bytes arrive; a bare response may end early without an error.
 * Also fails when the server sends nothing for too long. That time counts only while the reader wants data.
 */
class CompleteBody extends Transform {
  private receivedBytes = 0;
  private receivedData = true;
  private readonly watch = setInterval(() => this.checkIdle(), IDLE_TIMEOUT_MS).unref();

  constructor(
    private readonly source: Readable,
    private readonly expectedSize: number,
  ) {
    super({ readableHighWaterMark: 256 * 1024 });
    source.on('error', (error) => this.fail(error));
    source.on('close', () => {
      if (!source.readableEnded) this.fail();
    });
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.receivedBytes += chunk.length;
    this.receivedData = true;
    if (isInSharedBuffer(chunk))
      done(new Error('the HTTP parser passed on a chunk that was not copied from the shared read buffer'));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.receivedBytes === this.expectedSize ? null : this.incompleteError());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.watch);
    this.source.destroy();
    done(error);
  }

  private incompleteError(cause?: Error): StoreUnavailableError {
    return new StoreUnavailableError(`S3 sent ${this.receivedBytes} of ${this.expectedSize} bytes`, { cause });
  }

  private fail(cause?: Error): void {
    if (!this.destroyed) this.destroy(this.incompleteError(cause));
  }

  private checkIdle(): void {
    const waiting = !this.source.isPaused();
    if (waiting && !this.receivedData) this.fail();
    this.receivedData = !waiting;
  }
}

/** @param size expected number of bytes */
export function completeBody(body: Readable, size: number): Readable {
  return new CompleteBody(body, size);
}

/** @param buffer used if the body fits into it @throws StoreUnavailableError when the body is incomplete */
export async function readAll(body: Readable, buffer?: Buffer): Promise<Buffer> {
  const rest: Buffer[] = [];
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (buffer === undefined || rest.length > 0 || filled + chunk.length > buffer.length) rest.push(chunk);
    else filled += chunk.copy(buffer, filled);
  }
  const start = buffer?.subarray(0, filled) ?? Buffer.alloc(0);
  return rest.length === 0 && buffer !== undefined ? start : Buffer.concat([start, ...rest]);
}

/** Computes a body's SHA-256 in hex, without holding the body in memory. */
export async function sha256Of(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
