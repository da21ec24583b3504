/**
 * Shares the event loop between CPU-bound requests: one slice of all their work runs per turn of the loop, so any other
 * request waits for at most one slice.
 */
class CpuTimeslices {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when the caller may compute its next slice, synchronously. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return this.last;
  }
}

/** Shared by all CPU-bound requests of this process. */
export const cpuTimeslices = new CpuTimeslices();
