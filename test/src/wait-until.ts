import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for a condition, never for a time: resolves with the first value that is neither undefined nor false.
 * @throws Error with `what` when that has not come about after `deadlineMs`
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 100_000,
): Promise<T> {
  const endsAtMs = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > endsAtMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}
