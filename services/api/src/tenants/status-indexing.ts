import { CANARY_TENANT, runWithLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { type DamageReport, ObjectKeys, indexResources } from '@cytoqueue/records';
import { type ObjectStore, listFolders } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';

const INTERVAL_MS = 2 * 60_000;

export interface StatusIndexingDeps {
  store: ObjectStore;
  redis: Redis;
  damage: DamageReport;
  logger: Logger;
}

/** Keeps the status index of every tenant's lists up to date, in one process at a time. */
export function createStatusIndexing(deps: StatusIndexingDeps): PeriodicTask {
  const run = async (): Promise<void> =>
    void (await runWithLease(deps.redis, 'status-index', INTERVAL_MS, (signal) => indexAllTenants(deps, signal)));
  return new PeriodicTask({ name: 'status index', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

/** Reports a tenant whose resources cannot be indexed and continues with the others. */
async function indexAllTenants({ store, damage }: StatusIndexingDeps, signal: AbortSignal): Promise<void> {
  for await (const tenant of listFolders(store, ObjectKeys.tenantsFolder)) {
    if (signal.aborted) return;
    if (tenant === CANARY_TENANT) continue;
    for (const kind of ['predictions', 'batches'] as const) {
      await indexResources(store, { tenant, kind }, { signal }).catch((error: unknown) =>
        damage.report(ObjectKeys.statusIndexFolder(tenant, kind), error),
      );
    }
  }
}
