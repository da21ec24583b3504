import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 20;
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
  const endsAtMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endsAtMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await sleep(POLL_INTERVAL_MS);
  }
}
