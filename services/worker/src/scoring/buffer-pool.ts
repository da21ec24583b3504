/** Buffers differ a little in what they have to hold; one that is somewhat larger serves for the next as well. */
const ALLOCATION_STEP_BYTES = 256 * 1024;

/**
 * Memory that is used again. Left to the garbage collector, which counts only what lies in its heap, the buffers of shards
 * pile up to tens of MB in each thread.
 */
export class BufferPool {
  private static readonly owned = new WeakSet<ArrayBufferLike>();
  private readonly free: ArrayBuffer[] = [];

  /** `most`: how many are kept, all others are dropped. */
  constructor(private readonly maxFree: number) {}

  /** An ArrayBuffer of at least so many bytes that nobody else holds. */
  acquire(bytes: number): ArrayBuffer {
    const index = this.free.findIndex(({ byteLength }) => byteLength >= bytes);
    const buffer =
      index < 0
        ? new ArrayBuffer(Math.ceil((bytes + 1) / ALLOCATION_STEP_BYTES) * ALLOCATION_STEP_BYTES)
        : this.free.splice(index, 1)[0];
    BufferPool.owned.add(buffer);
    return buffer;
  }

  /** Whether all of it belongs to whoever took it: nothing else lies in it. */
  static owns(buffer: ArrayBufferLike): boolean {
    return BufferPool.owned.has(buffer);
  }

  /** To be called by whoever holds it last. Small ones are not kept: others may have a part of them. */
  release(buffer: ArrayBuffer): void {
    if (buffer.byteLength < ALLOCATION_STEP_BYTES) return;
    this.free.push(buffer);
    if (this.free.length > this.maxFree) this.free.shift();
  }
}
