import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/**
 * Sends a ping every `timeoutMs`. Resolves when one was not answered within `timeoutMs`, whether Redis is unreachable, frozen or not yet connected. Also
 * resolves when the signal is aborted.
 */
export async function waitUntilUnresponsive(redis: Redis, timeoutMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const timeout = sleep(timeoutMs, 'unanswered', { signal }).catch(() => 'aborted');
    // A closed connection rejects at once and counts as unresponsive.
    const response = redis.ping().catch(() => 'unanswered');
    if ((await Promise.race([timeout, response])) === 'unanswered') return;
    await timeout;
  }
}
