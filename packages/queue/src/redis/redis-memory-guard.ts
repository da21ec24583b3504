import type { Redis } from 'ioredis';
import { QueueUnavailableError, asQueueUnavailable } from './errors';

/** Above this percentage of Redis's `maxmemory` new work is refused. Running work needs the rest to finish. */
const MAX_USED_PERCENT = 90;
/** How long a check is cached. */
const CHECK_INTERVAL_MS = 1_000;

/** Refuses new work before Redis reaches its memory limit. */
export class RedisMemoryGuard {
  private lastCheck: { atMs: number; hasMemory: Promise<boolean> } | undefined;

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError when Redis has no memory for new work or does not answer */
  async assertAvailable(): Promise<void> {
    const nowMs = performance.now();
    if (this.lastCheck === undefined || nowMs - this.lastCheck.atMs > CHECK_INTERVAL_MS)
      this.lastCheck = { atMs: nowMs, hasMemory: this.readMemoryInfo() };
    const hasMemory = await asQueueUnavailable(this.lastCheck.hasMemory).catch((error: unknown) => {
      this.lastCheck = undefined;
      throw error;
    });
    if (!hasMemory)
      throw new QueueUnavailableError(
        `Redis uses ${MAX_USED_PERCENT} % of its memory limit or more; the rest is reserved for running work`,
      );
  }

  private async readMemoryInfo(): Promise<boolean> {
    const info = await this.redis.info('memory');
    const bytesOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const max = bytesOf('maxmemory');
    return max === 0 || bytesOf('used_memory') < (max * MAX_USED_PERCENT) / 100;
  }
}
