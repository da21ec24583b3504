/** Sizes are rounded up to this step, so that a buffer can be reused for slightly larger content. */
const ALLOCATION_STEP_BYTES = 256 * 1024;

/**
 * Reuses memory. The garbage collector counts only its own heap, so without a pool the buffers of shards pile up to
 * tens of MB in each thread.
 */
export class BufferPool {
  private static readonly owned = new WeakSet<ArrayBufferLike>();
  private readonly free: ArrayBuffer[] = [];

  /** `maxFree`: how many free buffers are kept; the oldest are dropped. */
  constructor(private readonly maxFree: number) {}

  /** Returns an ArrayBuffer of at least `bytes` bytes for the caller's exclusive use until `release`. */
  acquire(bytes: number): ArrayBuffer {
    const index = this.free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [reused] = index < 0 ? [] : this.free.splice(index, 1);
    const buffer = reused ?? new ArrayBuffer(Math.ceil((bytes + 1) / ALLOCATION_STEP_BYTES) * ALLOCATION_STEP_BYTES);
    BufferPool.owned.add(buffer);
    return buffer;
  }

  /** Whether a pool handed out this buffer, so that its holder has all of it exclusively. */
  static owns(buffer: ArrayBufferLike): boolean {
    return BufferPool.owned.has(buffer);
  }

  /**
   * Takes a buffer back from its last holder. Small buffers are not kept, because other objects may share their memory.
   */
  release(buffer: ArrayBuffer): void {
    if (buffer.byteLength < ALLOCATION_STEP_BYTES) return;
    this.free.push(buffer);
    if (this.free.length > this.maxFree) this.free.shift();
  }
}
