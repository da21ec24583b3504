/** Other processes see a change within this time. Measured by a monotonic clock. */
const TTL_MS = 1_000;

/** Keeps values by name that other processes may change. A failure is not kept. */
export class BriefCache<T> {
  private readonly entries = new Map<string, { value: Promise<T>; expiresAtMs: number }>();

  get(name: string, read: () => Promise<T>): Promise<T> {
    const cached = this.entries.get(name);
    if (cached !== undefined && cached.expiresAtMs > performance.now()) return cached.value;
    const value = read();
    this.entries.set(name, { value, expiresAtMs: performance.now() + TTL_MS });
    value.catch(() => this.entries.delete(name));
    return value;
  }

  delete(name: string): void {
    this.entries.delete(name);
  }
}
