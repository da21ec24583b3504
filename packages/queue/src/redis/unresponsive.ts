import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/**
 * Resolves when Redis has left a ping unanswered for that long, however it is away: not there, frozen, or not yet found.
 * Resolves as well when the signal ends the watch.
 */
export async function waitUntilUnresponsive(redis: Redis, timeoutMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = sleep(timeoutMs, 'silent', { signal }).catch(() => 'watch ended');
    // A connection that is ended answers nothing any more either.
    const answer = redis.ping().catch(() => 'silent');
    if ((await Promise.race([pause, answer])) === 'silent') return;
    await pause;
  }
}
