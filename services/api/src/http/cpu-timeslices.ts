/**
 * Slices of CPU-bound work of all requests, one for each turn of the event loop: however many requests compute at once,
 * every other request waits for one slice.
 */
export class CpuTimeslices {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when the caller may compute its next slice, which it does synchronously. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return this.last;
  }
}
