/** How long something may take. */
export interface PromisedTime {
  readonly what: string;
  readonly promisedMs: number;
  /** What only a defect takes, also on a machine that is busy with other things. */
  readonly defectMs: number;
}

/**
 * Times the work. Longer than promised is told and no failure, for the machine may be busy.
 * @throws Error when it took what only a defect takes
 */
export async function inPromisedTime<T>({ what, promisedMs, defectMs }: PromisedTime, work: Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work;
  const tookMs = Math.round(performance.now() - startedMs);
  if (tookMs > defectMs) throw new Error(`${what} took ${tookMs} ms; promised are ${promisedMs} ms`);
  if (tookMs > promisedMs) process.stderr.write(`slower than promised: ${what} took ${tookMs} ms of ${promisedMs} ms\n`);
  return result;
}
