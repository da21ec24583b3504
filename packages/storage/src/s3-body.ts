import { createHash } from 'node:crypto';
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { StoreUnavailableError } from './errors';
import { liesInSharedMemory } from './read-memory';

const IDLE_TIMEOUT_MS = 30_000;

/**
 * The body of a response, let through only whole: it fails when the connection breaks, ends early or goes silent, where a
 * bare response may just end. Silence counts only while the reader waits; a slow reader is no fault of the server.
 */
class WholeBody extends Transform {
  private receivedBytes = 0;
  private heard = true;
  private readonly watch = setInterval(() => this.expectBytes(), IDLE_TIMEOUT_MS).unref();

  constructor(private readonly source: Readable, private readonly expectedSize: number) {
    super({ readableHighWaterMark: 256 * 1024 });
    source.on('error', (error) => this.fail(error));
    source.on('close', () => {
      if (!source.readableEnded) this.fail();
    });
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.receivedBytes += chunk.length;
    this.heard = true;
    if (liesInSharedMemory(chunk)) done(new Error('a body was not copied from where it was read'));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.receivedBytes === this.expectedSize ? null : this.broken());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.watch);
    this.source.destroy();
    done(error);
  }

  private broken(cause?: Error): StoreUnavailableError {
    return new StoreUnavailableError(`S3 sent ${this.receivedBytes} of ${this.expectedSize} bytes`, { cause });
  }

  private fail(cause?: Error): void {
    if (!this.destroyed) this.destroy(this.broken(cause));
  }

  private expectBytes(): void {
    const waiting = !this.source.isPaused();
    if (waiting && !this.heard) this.fail();
    this.heard = !waiting;
  }
}

/** @param size bytes that the body must have. */
export function wholeBody(body: Readable, size: number): Readable {
  return new WholeBody(body, size);
}

/** @param into filled from its start when the body fits. @throws StoreUnavailableError when the body is not whole. */
export async function collect(body: Readable, into?: Buffer): Promise<Buffer> {
  const rest: Buffer[] = [];
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (into === undefined || rest.length > 0 || filled + chunk.length > into.length) rest.push(chunk);
    else filled += chunk.copy(into, filled);
  }
  const start = into?.subarray(0, filled) ?? Buffer.alloc(0);
  return rest.length === 0 && into !== undefined ? start : Buffer.concat([start, ...rest]);
}

/** The hex SHA-256 of a body, read without holding it. */
export async function digest(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
