/*
 * The commit point is the pending marker: once it is stored, the response is 202. What was stored is removed if storing
 * the document fails and, without an idempotency key, if storing the marker fails. With a key, it is removed if the
 * claim shows that the key names another resource: that one is returned, or the request fails because its payload
 * differs or a document is damaged. After every other error of the claim or of the marker, the key may name this
 * resource, and another request may have returned it, so it stays. Repeating the request completes it; without a repeat
 * the sweeper removes it after a day.
 *
 * When the jobs cannot be enqueued, this process retries, and after a minute the reconciler enqueues them.
 */
import { putPending } from '@cytoqueue/records';
import { ObjectCorruptError } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import type { IdempotencyKeys } from '../tenants/idempotency';
import { type RollbackDeps, removeStoredWork, withRollback } from './rollback';

/** A batch or training that is about to be accepted. */
export interface Acceptance<T> {
  tenant: string;
  id: string;
  /** Holds its objects. */
  folder: string;
  idempotencyKey: string | undefined;
  /**
   * Reserves its quota, stores its document, after all its other objects, and checks that Redis accepts jobs.
   * @returns also the payload that a repeat with the key must equal
   */
  storeDocument: () => Promise<{ resource: T; keyPayload: unknown }>;
  /** @returns undefined for a resource that was deleted or has expired */
  findResource: (id: string) => Promise<T | undefined>;
  /** Completes the acceptance of an earlier resource whose request was interrupted after its claim. */
  ensureAccepted: (earlier: T) => Promise<void>;
  enqueue: (resource: T) => Promise<void>;
}

/**
 * Stores a resource, claims the idempotency key, if there is one, marks the resource as pending and enqueues it.
 * @returns this resource, or the earlier one that the key already names
 */
export async function commitAccepted<T extends { id: string }>(
  deps: RollbackDeps & { idempotency: Pick<IdempotencyKeys, 'claimFor'> },
  { tenant, id, folder, idempotencyKey: key, storeDocument, findResource, ensureAccepted, enqueue }: Acceptance<T>,
): Promise<T> {
  const putMarker = () => putPending(deps.store, tenant, id);
  const { resource, keyPayload } = await withRollback(
    deps,
    tenant,
    id,
    async () => {
      const stored = await storeDocument();
      if (key === undefined) await putMarker();
      return stored;
    },
    folder,
  );
  if (key !== undefined) {
    const { idempotency } = deps;
    const accepted = await idempotency
      .claimFor(tenant, key, resource, keyPayload, findResource)
      .catch(async (error: unknown) => {
        if (isClaimedByOther(error)) await removeStoredWork(deps, tenant, id, folder);
        throw error;
      });
    if (accepted.id !== id) {
      await removeStoredWork(deps, tenant, id, folder);
      await ensureAccepted(accepted);
      return accepted;
    }
    await putMarker();
  }
  await enqueue(resource);
  return resource;
}

/** Whether the error of a claim proves that the key names another resource: one with another payload, or a damaged one. */
function isClaimedByOther(error: unknown): boolean {
  return error instanceof Problem || error instanceof ObjectCorruptError;
}
