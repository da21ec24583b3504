import type { OperatingPointName } from '@cytoqueue/records';

/** Keeps what was computed for the latest different samples. Results are shared: do not change one. */
export class SampleCache<T extends object> {
  /** By operating point and sample, the oldest first. */
  private readonly results = new Map<string, T>();

  constructor(private readonly maxSamples: number) {}

  get size(): number {
    return this.results.size;
  }

  get(sample: readonly number[] | Float64Array, operatingPoint: OperatingPointName, compute: () => T): T {
    const key = `${operatingPoint},${sample.join()}`;
    let result = this.results.get(key);
    if (result !== undefined) return result;
    this.results.set(key, (result = compute()));
    if (this.results.size > this.maxSamples) this.results.delete(this.results.keys().next().value as string);
    return result;
  }
}
