import { addAbortSignal, Readable } from 'node:stream';

/** A generator as a stream. `Readable.from` reads ahead, and its end waits for a generator that stands still. */
class GeneratorReadable extends Readable {
  private readonly chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

  constructor(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    // Nothing ahead: a chunk's memory is the generator's own again once it is asked for the next.
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
 * A body as a stream that the signal ends with an `AbortError`. Its failure waits for its reader: a source may break while
 * the place to write to is still being opened, and an error that nobody listens for would end the process.
 */
export function toAbortableReadable(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Readable {
  const source = body instanceof Readable ? body : new GeneratorReadable(body);
  source.on('error', () => {});
  return signal ? addAbortSignal(signal, source) : source;
}
