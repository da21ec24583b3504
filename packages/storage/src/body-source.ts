import { addAbortSignal, Readable } from 'node:stream';

/**
 * A body as a stream that the signal ends with an `AbortError`. Its failure waits for its reader: a source may break while
 * the place to write to is still being opened, and an error that nobody listens for would end the process.
 */
export function sourceOf(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Readable {
  const source = body instanceof Readable ? body : Readable.from(body);
  source.on('error', () => {});
  return signal ? addAbortSignal(signal, source) : source;
}
