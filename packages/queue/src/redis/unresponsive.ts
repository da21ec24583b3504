import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/**
 * Resolves when a ping was not answered within `timeoutMs`, whether Redis is unreachable, frozen or not yet connected. Also
 * resolves when the signal is aborted.
 */
export async function waitUntilUnresponsive(redis: Redis, timeoutMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = sleep(timeoutMs, 'silent', { signal }).catch(() => 'watch ended');
    // A closed connection rejects at once and counts as unresponsive.
    const answer = redis.ping().catch(() => 'silent');
    if ((await Promise.race([pause, answer])) === 'silent') return;
    await pause;
  }
}
