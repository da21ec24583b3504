import { addAbortSignal, Readable } from 'node:stream';

/** Reads a generator as a stream. `Readable.from` reads ahead, and its destroy waits for a generator that hangs. */
class GeneratorReadable extends Readable {
  private readonly chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

  constructor(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    // No read-ahead: the generator may reuse a chunk's memory when the next one is requested.
    super({ objectMode: true, highWaterMark: 0 });
    this.chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  }

  override _read(): void {
    this.pull().catch((error: Error) => this.destroy(error));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.closeIterator().catch(() => undefined);
    done(error);
  }

  private async pull(): Promise<void> {
    const { done, value } = await this.chunks.next();
    if (!this.destroyed) this.push(done ? null : value);
  }

  private async closeIterator(): Promise<void> {
    await this.chunks.return?.();
  }
}

/**
 * Returns a body as a stream that the signal destroys with an `AbortError`. Errors surface when the stream is read: a source
 * may fail before its reader is attached, and an unhandled error event would end the process.
 */
export function toAbortableReadable(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Readable {
  const source = body instanceof Readable ? body : new GeneratorReadable(body);
  source.on('error', () => {});
  return signal ? addAbortSignal(signal, source) : source;
}
