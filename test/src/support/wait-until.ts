import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The pause between two looks: a tenth of the time waited so far, within these bounds. Looking every 20 ms took most of
 * the processor time of tests that wait for seconds.
 */
const PAUSE_MS = { min: 20, max: 200 };
/** Half of jest's limit for a test, so that a condition that never holds is reported by name. */
const DEADLINE_MS = 300_000;

/**
 * Waits for a condition, never for a fixed time. @returns the first value that is neither undefined nor false
 * Measured on the monotonic clock, so that a clock step does not end the wait.
 * @throws Error with `what` when the condition does not hold within `deadlineMs`
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await sleep(Math.min(Math.max(waitedMs / 10, PAUSE_MS.min), PAUSE_MS.max));
  }
}
