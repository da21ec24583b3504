import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

/** Ids of what has changed. */
export const CHANGES_CHANNEL = `${REDIS_PREFIX}:changes`;

/**
 * "Something about this id changed", from workers to every API process. A hint that may be lost:
 * whoever waits looks into the store at once when a hint comes, and now and then without one.
 */
export async function publishChange(redis: Redis, id: string): Promise<void> {
  await redis.publish(CHANGES_CHANNEL, id);
}

/** One subscription a process, shared by all who wait. */
export class ChangeSubscriber {
  private readonly listeners = new Map<string, Set<() => void>>();

  /** `connection`: of `createWorkerConnection`, used for nothing else (a subscriber cannot send commands). */
  constructor(private readonly connection: Redis) {
    connection.on('message', (_channel: string, id: string) => this.notify(id));
  }

  /** Does not wait for Redis: the subscription is made as soon as it is there, and again after each reconnect. */
  start(): void {
    this.connection.subscribe(CHANGES_CHANNEL).catch(() => {
      // Only when the connection is ended by stop(): ioredis keeps the request while Redis is away.
    });
  }

  stop(): void {
    this.connection.disconnect();
    this.listeners.clear();
  }

  /** Calls `listener` on each change of `id`, until the returned function is called. */
  subscribe(id: string, listener: () => void): () => void {
    const listeners = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(id) === listeners) this.listeners.delete(id);
    };
  }

  /** For changes that this process made itself. */
  notify(id: string): void {
    for (const listener of this.listeners.get(id) ?? []) listener();
  }
}
