import { CANARY_TENANT, runWithLease } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import { ConfirmationKeys, type DamageReport } from '@cytoqueue/records';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { type ObjectStore, listFolders } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { SensitivityWatch } from './sensitivity-watch';
import { listSummaries, summarizeConfirmations } from './summarize';

/** Keeps the promise of 60 s: two intervals at most, if the process with the lease has crashed, and one pass. */
const INTERVAL_MS = 15_000;

export interface SummaryJobDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  redis: Redis;
  damage: DamageReport;
  logger: Logger;
}

/** Keeps the summaries of confirmed diagnoses of every tenant up to date, in one process at a time. */
export function createSummaryJob(deps: SummaryJobDeps): PeriodicTask {
  const pass = createSummaryPass(deps);
  const run = async (stopping: AbortSignal): Promise<void> =>
    void (await runWithLease(deps.redis, 'confirmations', INTERVAL_MS, (lost) =>
      pass(AbortSignal.any([lost, stopping])),
    ));
  return new PeriodicTask({ name: 'confirmations', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

/** One pass over all tenants that have confirmed a diagnosis. Reports a tenant that fails and continues with the others. */
export function createSummaryPass(deps: SummaryJobDeps): (signal?: AbortSignal) => Promise<void> {
  const { store, damage } = deps;
  const watch = new SensitivityWatch(deps);
  /** The versions of the summaries that were compared with the model card; another process may have written others. */
  const checked = new Map<string, string>();
  const updateTenant = async (tenant: string, signal: AbortSignal | undefined): Promise<void> => {
    await summarizeConfirmations(deps, tenant, signal);
    const summaries = await listSummaries(store, tenant);
    const versions = JSON.stringify(summaries.map(({ info }) => info.key));
    if (checked.get(tenant) === versions) return;
    await watch.check(tenant, summaries);
    checked.set(tenant, versions);
  };
  return async (signal) => {
    const tenants = new Set<string>();
    for await (const tenant of listFolders(store, ConfirmationKeys.folder)) {
      if (signal?.aborted === true) return;
      if (tenant === CANARY_TENANT) continue;
      tenants.add(tenant);
      await updateTenant(tenant, signal).catch((error: unknown) =>
        damage.report(ConfirmationKeys.tenantFolder(tenant), error),
      );
    }
    await watch.publish(tenants);
  };
}
