/** Buffers differ a little in what they have to hold; one that is somewhat larger serves for the next as well. */
const STEP_BYTES = 256 * 1024;

/**
 * Memory that is used again. Left to the garbage collector, which counts only what lies in its heap, the buffers of shards
 * pile up to tens of MB in each thread.
 */
export class SpareBuffers {
  private static readonly made = new WeakSet<ArrayBufferLike>();
  private readonly spares: ArrayBuffer[] = [];

  /** `most`: how many are kept, all others are dropped. */
  constructor(private readonly most: number) {}

  /** An ArrayBuffer of at least so many bytes that nobody else holds. */
  take(bytes: number): ArrayBuffer {
    const place = this.spares.findIndex(({ byteLength }) => byteLength >= bytes);
    const buffer = place < 0 ? new ArrayBuffer(Math.ceil((bytes + 1) / STEP_BYTES) * STEP_BYTES) : this.spares.splice(place, 1)[0];
    SpareBuffers.made.add(buffer);
    return buffer;
  }

  /** Whether all of it belongs to whoever took it: nothing else lies in it. */
  static isSpare(buffer: ArrayBufferLike): boolean {
    return SpareBuffers.made.has(buffer);
  }

  /** To be called by whoever holds it last. Small ones are not kept: others may have a part of them. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength < STEP_BYTES) return;
    this.spares.push(buffer);
    if (this.spares.length > this.most) this.spares.shift();
  }
}
