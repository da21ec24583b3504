/*
 * The commit point is the pending marker: once it is stored, the response is 202. Without an idempotency key, if a step
 * fails before the marker is known to be stored, what was stored is removed. With a key, if a step fails before the
 * claim is known to be stored, what was stored is removed; after the claim another request may have returned the
 * resource, so nothing is removed, and repeating the request completes it. When the jobs cannot be enqueued, this
 * process retries, and after a minute the reconciler enqueues them.
 */
import { putPending } from '@cytoqueue/records';
import type { IdempotencyKeys } from '../tenants/idempotency';
import { type RollbackDeps, removeStoredWork, withRollback } from './rollback';

/** A batch or training that is about to be accepted. */
export interface Acceptance<T> {
  tenant: string;
  id: string;
  /** Holds its objects. */
  folder: string;
  idempotencyKey: string | undefined;
  /** Stores its document, after all its other objects. */
  storeDocument: () => Promise<{ resource: T; payload: unknown }>;
  /** @returns undefined for a resource that was deleted or has expired */
  findResource: (id: string) => Promise<T | undefined>;
  /** Enqueues an earlier resource whose request was interrupted. */
  ensureEnqueued: (earlier: T) => Promise<void>;
  enqueue: (resource: T) => Promise<void>;
}

/**
 * Stores a resource, claims the idempotency key, if there is one, marks the resource as pending and enqueues it.
 * @returns this resource, or the earlier one that the key already names
 */
export async function commitAccepted<T extends { id: string }>(
  deps: RollbackDeps & { idempotency: Pick<IdempotencyKeys, 'claimFor'> },
  { tenant, id, folder, idempotencyKey: key, storeDocument, findResource, ensureEnqueued, enqueue }: Acceptance<T>,
): Promise<T> {
  const putMarker = () => putPending(deps.store, tenant, id);
  const accepted = await withRollback(
    deps,
    tenant,
    id,
    async () => {
      const { resource, payload } = await storeDocument();
      if (key !== undefined) return deps.idempotency.claimFor(tenant, key, resource, payload, findResource);
      await putMarker();
      return resource;
    },
    folder,
  );
  if (accepted.id !== id) {
    await removeStoredWork(deps, tenant, id, folder);
    await ensureEnqueued(accepted);
    return accepted;
  }
  // With a key the marker is put outside of the rollback.
  if (key !== undefined) await putMarker();
  await enqueue(accepted);
  return accepted;
}
