import { takeTurn } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import { ObjectKeys, type ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { Retention } from './http/retention';

const EVERY_MS = 60 * 60_000;

export interface SweeperServices {
  store: ObjectStore;
  redis: Redis;
  retention: Retention;
  logger: Logger;
}

/** Removes what has reached the end of its retention, once an hour, in one process at a time. */
export function createSweeper(services: SweeperServices): Periodic {
  const turn = async (): Promise<void> => {
    if (!(await takeTurn(services.redis, 'sweep', EVERY_MS))) return;
    const removed = await sweep(services);
    if (removed > 0) services.logger.info({ removed }, 'expired resources removed');
  };
  return new Periodic({ name: 'sweep', everyMs: EVERY_MS, logger: services.logger, turn });
}

/** One pass over all tenants. @returns how many predictions and batches were removed */
export async function sweep({ store, retention }: Pick<SweeperServices, 'store' | 'retention'>, nowMs: number = Date.now()): Promise<number> {
  let removed = 0;
  for await (const tenant of foldersBelow(store, ObjectKeys.tenantsPrefix)) {
    for (const prefix of [ObjectKeys.predictionsPrefix(tenant), ObjectKeys.batchesPrefix(tenant)]) {
      for await (const id of foldersBelow(store, prefix)) {
        // Ids sort by their time: behind the first that stays, all stay.
        if (!retention.isExpired(id, nowMs)) break;
        await store.deletePrefix(`${prefix}${id}/`);
        await store.delete(ObjectKeys.pending(tenant, id));
        removed++;
      }
    }
  }
  return removed;
}

async function* foldersBelow(store: ObjectStore, prefix: string): AsyncGenerator<string> {
  let startAfter: string | undefined;
  for (;;) {
    const page = await store.list({ prefix, startAfter, delimiter: '/' });
    for (const folder of page.prefixes) yield folder.slice(prefix.length, -1);
    if (!page.truncated) return;
    startAfter = page.prefixes.at(-1);
  }
}
