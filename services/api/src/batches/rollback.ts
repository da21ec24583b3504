import { ObjectKeys, deletePending } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Background } from '../concurrency/background';
import type { TenantQuotas } from '../tenants/tenant-quotas';

export interface RollbackDeps {
  store: ObjectStore;
  background: Background;
  quotas: Pick<TenantQuotas, 'storage'>;
}

/** Runs `work`; if it fails, deletes everything stored for the batch or training, which was not accepted. */
export async function withRollback<T>(
  deps: RollbackDeps,
  tenant: string,
  id: string,
  work: () => Promise<T>,
  folder?: string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rollback(deps, tenant, id, folder);
    throw error;
  }
}

/**
 * Deletes the marker, then the objects of the batch or training, then its quota reservation. Retried in the background until done, because a
 * store that failed once may fail again. A worker that takes one of the batch's jobs meanwhile ends it without effect: as completed, or as rejected because the store does not know the batch.
 * @param folder of the objects; by default that of a batch
 */
export async function rollback(
  { store, background, quotas }: RollbackDeps,
  tenant: string,
  id: string,
  folder = ObjectKeys.batchFolder(tenant, id),
): Promise<void> {
  await background.run('rollback', async () => {
    await deletePending(store, tenant, id);
    await store.deletePrefix(folder);
    await quotas.storage.release(tenant, id);
  });
}
