import { ObjectCorruptError, type ObjectStore, ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import { ObjectKeys } from '@cytoqueue/records';
import type { BatchDeps } from './batch-deps';
import { finishedManifest } from './batch-commands';
import { removeReviews } from '../reviews/stored-reviews';
import { removeStoredWork } from './rollback';
import { readBatch, restorePendingMarker } from './read-batch';

/**
 * Removes every object of a finished batch. `batch.json` is removed when only the manifests and run documents remain: until
 * then the batch exists and a failed DELETE can be repeated; after it the response is 204 and the rest is removed in the
 * background.
 * @throws ObjectNotFoundError, Problem 409
 */
export async function deleteBatch(deps: BatchDeps, tenant: string, id: string): Promise<void> {
  const { store } = deps;
  await assertDeletable(store, tenant, id);
  await removeReviews(deps, tenant, id);
  // The list of the parts of the results first: a download then sees a deletion, not damage.
  await deleteFiles(store, ObjectKeys.runsFolder(tenant, id));
  await store.deletePrefix(ObjectKeys.shardsFolder(tenant, id));
  await deleteFiles(store, ObjectKeys.batchFolder(tenant, id));
  await store.delete(ObjectKeys.batchDocument(tenant, id));
  // Those that were stored since.
  await deps.background.tryNowThenRetry('remove reviews', () => removeReviews(deps, tenant, id));
  await removeStoredWork(deps, tenant, id);
}

/** Deletes the objects below a prefix, except those that state that the batch exists and is finished. */
async function deleteFiles(store: ObjectStore, prefix: string): Promise<void> {
  for await (const { key } of listAll(store, prefix))
    if (!/\/(?:batch|runs\/\d{5}\/(?:manifest|run))\.json$/.test(key)) await store.delete(key);
}

/** A batch with a damaged or unreadable document cannot continue, so it may be deleted too. */
async function assertDeletable(store: ObjectStore, tenant: string, id: string): Promise<void> {
  try {
    const stored = await readBatch(store, tenant, id);
    await restorePendingMarker(store, tenant, id, stored);
    finishedManifest(stored);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
  }
}
