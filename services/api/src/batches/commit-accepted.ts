/*
 * The commit point is the pending marker. A failure before it is rolled back; the rollback is retried in the background
 * until nothing is left. After it nothing is rolled back and the response is 202: when the jobs cannot be enqueued, this
 * process retries, and after a minute the reconciler enqueues them. Once an idempotency key is claimed, another request
 * may already have returned the resource, so it is not rolled back either: repeating the key completes it.
 */
import { putPending } from '@cytoqueue/records';
import type { IdempotencyKeys } from '../tenants/idempotency';
import { type RollbackDeps, rollback, withRollback } from './rollback';

/** A batch or training that is about to be accepted. */
export interface Candidate<T> {
  tenant: string;
  id: string;
  /** Holds its objects. */
  folder: string;
  idempotencyKey: string | undefined;
  /** Stores the last of its objects, which its document is. */
  store: () => Promise<{ resource: T; payload: unknown }>;
  /** @returns undefined for a resource that was deleted or has expired */
  find: (id: string) => Promise<T | undefined>;
  /** Enqueues an earlier resource whose request was interrupted. */
  ensureEnqueued: (earlier: T) => Promise<void>;
  enqueue: (resource: T) => Promise<void>;
}

/** Stores a resource, claims its key, marks it as pending and enqueues it. @returns the resource that the key stands for */
export async function commitAccepted<T extends { id: string }>(
  deps: RollbackDeps & { idempotency: Pick<IdempotencyKeys, 'claimFor'> },
  { tenant, id, folder, idempotencyKey: key, store, find, ensureEnqueued, enqueue }: Candidate<T>,
): Promise<T> {
  const mark = () => putPending(deps.store, tenant, id);
  const storeAndClaim = async (): Promise<T> => {
    const { resource, payload } = await store();
    if (key !== undefined) return deps.idempotency.claimFor(tenant, key, resource, payload, find);
    await mark();
    return resource;
  };
  const accepted = await withRollback(deps, tenant, id, storeAndClaim, folder);
  if (accepted.id !== id) {
    await rollback(deps, tenant, id, folder);
    await ensureEnqueued(accepted);
    return accepted;
  }
  if (key !== undefined) await mark();
  await enqueue(accepted);
  return accepted;
}
