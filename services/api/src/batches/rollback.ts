import { ObjectKeys, type ObjectStore, deletePending } from '@cytoqueue/storage';
import type { Background } from '../http/background';
import type { TenantUse } from '../http/tenant-use';

export interface RollbackServices {
  store: ObjectStore;
  background: Background;
  use: Pick<TenantUse, 'stored'>;
}

/** Does the work, and when it fails removes all that is stored of the batch, which was not accepted. */
export async function withRollback<T>(services: RollbackServices, tenant: string, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rollback(services, tenant, id);
    throw error;
  }
}

/**
 * Removes the marker, then the batch, then its share of the quota; repeated until done, for a store that failed once may
 * fail again. A worker that meets one of its jobs meanwhile ends it without effect.
 */
export async function rollback({ store, background, use }: RollbackServices, tenant: string, id: string): Promise<void> {
  await background.run('rollback', async () => {
    await deletePending(store, tenant, id);
    await store.deletePrefix(ObjectKeys.batchPrefix(tenant, id));
    await use.stored.release(tenant, id);
  });
}
