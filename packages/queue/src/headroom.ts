import type { Redis } from 'ioredis';
import { QueueUnavailableError, orUnavailable } from './unavailable';

/** Of Redis's memory: what is beyond it is left to work that is under way, which else could not end. */
const FOR_NEW_WORK = 0.9;
/** How long an answer counts, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** Refuses new work in time when Redis has a limit to its memory: one that is full lets nothing end either. */
export class Headroom {
  private looked: { atMs: number; isThere: Promise<boolean> } | undefined;

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError when there is no room for new work, or Redis does not answer */
  async check(): Promise<void> {
    const nowMs = performance.now();
    if (this.looked === undefined || nowMs - this.looked.atMs > LOOK_EVERY_MS) this.looked = { atMs: nowMs, isThere: this.look() };
    const isThere = await orUnavailable(this.looked.isThere).catch((error: unknown) => {
      this.looked = undefined;
      throw error;
    });
    if (!isThere) throw new QueueUnavailableError("the queue's memory is full but for what is under way");
  }

  private async look(): Promise<boolean> {
    const info = await this.redis.info('memory');
    const [used, most] = ['used_memory', 'maxmemory'].map((name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0));
    return most === 0 || used < most * FOR_NEW_WORK;
  }
}
