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
    await removeStoredWork(deps, tenant, id, folder);
    throw error;
  }
}

/**
 * Removes a batch or training that was not accepted, or that its tenant deletes: the pending markers, then the objects,
 * then the quota reservation. Retries in the background until done. If a worker takes one of its jobs meanwhile, the
 * job ends as completed, or as rejected because the store does not have the batch. The caller waits for its own writes
 * first: they would be left.
 * @param folder of the objects; by default that of a batch
 */
export async function removeStoredWork(
  { store, background, quotas }: RollbackDeps,
  tenant: string,
  id: string,
  folder = ObjectKeys.batchFolder(tenant, id),
): Promise<void> {
  await background.tryNowThenRetry('remove stored work', async () => {
    await deletePending(store, tenant, id);
    await store.deletePrefix(folder);
    await quotas.storage.release(tenant, id);
  });
}
