import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { toAbortableReadable } from '../streams/abortable-source';

/** What was sent, to be held against what is stored. */
export interface BodyDigest {
  size: number;
  sha256: string;
}

/** A piece of a body, in memory that was given for it. */
export interface Part {
  readonly bytes: Buffer;
  /** Nothing follows it. */
  readonly last: boolean;
}

/** Cuts a stream into parts and measures it as it passes. Keeps its failure apart from the failures of those who read it. */
export class PartReader {
  sourceError: unknown;
  private readonly source: Readable;
  private readonly chunks: AsyncGenerator<Uint8Array>;
  private readonly hash = createHash('sha256');
  private size = 0;
  private rest: Uint8Array = new Uint8Array();
  private stopped = false;

  /** The signal ends the source, and so the reading of it. */
  constructor(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.source = toAbortableReadable(body, signal);
    this.chunks = this.hashChunks();
  }

  /**
   * The next bytes, in `memory`: as many as it holds, fewer only at the end. To be asked for one after the other.
   * @throws the source's own error, or what it was stopped with
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

  /** Lets go of the source, which counts as no failure of its own. */
  stop(reason?: Error): void {
    this.stopped = true;
    this.source.destroy(reason);
  }

  /** Of all that has passed; to be asked once, at the end. */
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
