import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

/** Channel with the ids of changed resources, those of steps after `STEP_PREFIX`. */
export const CHANGES_CHANNEL = `${REDIS_PREFIX}:changes`;
const STEP_PREFIX = 'step:';

/**
 * Kind of a change of a resource. `step`: one of many parts was done, such as a shard of a batch, and a reader that
 * waits for the end need not look at once.
 */
export type Change = 'state' | 'step';

/**
 * Tells every API process that the resource with this id changed. The message may be lost, so waiting requests read the store
 * when it arrives and also at intervals.
 */
export async function publishChange(redis: Redis, id: string, change: Change = 'state'): Promise<void> {
  await redis.publish(CHANGES_CHANNEL, change === 'step' ? STEP_PREFIX + id : id);
}

/** One Redis subscription per process, shared by all waiting requests. */
export class ChangeSubscriber {
  private readonly listeners = new Map<string, Set<(change: Change) => void>>();

  /** @param connection from `createWorkerConnection`, used only here: a subscribed connection cannot send commands */
  constructor(private readonly connection: Redis) {
    connection.on('message', (_channel: string, message: string) => {
      if (message.startsWith(STEP_PREFIX)) this.notify(message.slice(STEP_PREFIX.length), 'step');
      else this.notify(message);
    });
  }

  /** Does not wait for Redis: ioredis subscribes when it is connected and after each reconnect. */
  start(): void {
    this.connection.subscribe(CHANGES_CHANNEL).catch(() => {
      // Rejects only when stop() closes the connection: ioredis queues the request while Redis is unavailable.
    });
  }

  stop(): void {
    this.connection.disconnect();
    this.listeners.clear();
  }

  /** Calls `listener` on each change of `id`, until the returned function is called. */
  subscribe(id: string, listener: (change: Change) => void): () => void {
    const listeners = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(id) === listeners) this.listeners.delete(id);
    };
  }

  /** Notifies this process's listeners: of a message from Redis, or of a change that this process made. */
  notify(id: string, change: Change = 'state'): void {
    for (const listener of this.listeners.get(id) ?? []) listener(change);
  }
}
