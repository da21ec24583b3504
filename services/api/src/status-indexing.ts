import { CANARY_TENANT, runWithLease } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import { type DamageReport, ObjectKeys, type ObjectStore, foldersBelow, indexResources } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';

const EVERY_MS = 2 * 60_000;

export interface StatusIndexingServices {
  store: ObjectStore;
  redis: Redis;
  damage: DamageReport;
  logger: Logger;
}

/** Keeps the status index of every tenant's lists up to date, in one process at a time. */
export function createStatusIndexing(services: StatusIndexingServices): Periodic {
  const turn = async (): Promise<void> => void (await runWithLease(services.redis, 'status-index', EVERY_MS, (signal) => indexAll(services, signal)));
  return new Periodic({ name: 'status index', everyMs: EVERY_MS, logger: services.logger, turn });
}

/** A tenant whose resources cannot be indexed does not keep the others waiting. */
async function indexAll({ store, damage }: StatusIndexingServices, signal: AbortSignal): Promise<void> {
  for await (const tenant of foldersBelow(store, ObjectKeys.tenantsPrefix)) {
    if (signal.aborted) return;
    if (tenant === CANARY_TENANT) continue;
    for (const kind of ['predictions', 'batches'] as const) {
      await indexResources(store, { tenant, kind }, { signal }).catch((error: unknown) => damage.report(ObjectKeys.statusIndexPrefix(tenant, kind), error));
    }
  }
}
