import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { toAbortableReadable } from '../streams/abortable-source';

/** Size and SHA-256 of the sent bytes, to compare with the stored object. */
export interface BodyDigest {
  size: number;
  sha256: string;
}

/** A part of a body, in a buffer of the caller. */
export interface Part {
  readonly bytes: Buffer;
  /** True for the last part. */
  readonly last: boolean;
}

/** Cuts a stream into parts and computes its digest. Stores the source's error separately from upload errors. */
export class PartReader {
  sourceError: unknown;
  private readonly source: Readable;
  private readonly chunks: AsyncGenerator<Uint8Array>;
  private readonly hash = createHash('sha256');
  private size = 0;
  private rest: Uint8Array = new Uint8Array();
  private stopped = false;

  /** @param signal destroys the source, which fails the next read */
  constructor(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.source = toAbortableReadable(body, signal);
    this.chunks = this.hashChunks();
  }

  /**
   * Reads the next bytes into `buffer` and fills it, except at the end of the source. Calls must not overlap.
   * @throws the source's error, or the reason given to `stop`
   */
  async fill(buffer: Buffer): Promise<Part> {
    let filled = 0;
    while (await this.hasMore()) {
      if (filled === buffer.length) return { bytes: buffer, last: false };
      const taken = this.rest.subarray(0, buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      this.rest = this.rest.subarray(taken.length);
    }
    return { bytes: buffer.subarray(0, filled), last: true };
  }

  /** Destroys the source. Does not count as an error of the source. */
  stop(reason?: Error): void {
    this.stopped = true;
    this.source.destroy(reason);
  }

  /** Digest of all bytes read; call it once, at the end. */
  digest(): BodyDigest {
    return { size: this.size, sha256: this.hash.digest('hex') };
  }

  private async hasMore(): Promise<boolean> {
    while (this.rest.length === 0) {
      const { done, value } = await this.chunks.next();
      if (done) return false;
      this.rest = value;
    }
    return true;
  }

  private async *hashChunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.source as AsyncIterable<Uint8Array>) {
        this.hash.update(chunk);
        this.size += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      if (!this.stopped) this.sourceError = error;
      throw error;
    }
  }
}
