import type { Redis } from 'ioredis';
import { QueueUnavailableError, asQueueUnavailable } from './errors';

/** Of Redis's memory: what is beyond it is left to work that is under way, which else could not end. */
const MAX_USED_SHARE = 0.9;
/** How long an answer counts, in milliseconds. */
const CHECK_INTERVAL_MS = 1_000;

/** Refuses new work in time when Redis has a limit to its memory: one that is full lets nothing end either. */
export class RedisMemoryGuard {
  private lastCheck: { atMs: number; hasMemory: Promise<boolean> } | undefined;

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError when there is no room for new work, or Redis does not answer */
  async assertAvailable(): Promise<void> {
    const nowMs = performance.now();
    if (this.lastCheck === undefined || nowMs - this.lastCheck.atMs > CHECK_INTERVAL_MS)
      this.lastCheck = { atMs: nowMs, hasMemory: this.readMemoryInfo() };
    const hasMemory = await asQueueUnavailable(this.lastCheck.hasMemory).catch((error: unknown) => {
      this.lastCheck = undefined;
      throw error;
    });
    if (!hasMemory) throw new QueueUnavailableError("the queue's memory is full but for what is under way");
  }

  private async readMemoryInfo(): Promise<boolean> {
    const info = await this.redis.info('memory');
    const [used, max] = ['used_memory', 'maxmemory'].map((name) =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0),
    );
    return max === 0 || used < max * MAX_USED_SHARE;
  }
}
