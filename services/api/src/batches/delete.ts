import { ObjectCorruptError, ObjectKeys, type ObjectStore, ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import type { BatchServices } from './accept';
import { finishedManifest } from './control';
import { rollback } from './rollback';
import { readBatch } from './runs';

/**
 * Removes every object of a finished batch. Commit point: `batch.json`, removed when only the manifests are left. Until
 * then a failed DELETE can be repeated, because the batch is still there and finished; from then on the answer is 204 and the rest is
 * removed in the background.
 * @throws ObjectNotFoundError, Problem 409
 */
export async function deleteBatch(services: BatchServices, tenant: string, id: string): Promise<void> {
  const { store } = services;
  await assertDeletable(store, tenant, id);
  const record = ObjectKeys.batchRecord(tenant, id);
  await store.deletePrefix(ObjectKeys.shardsPrefix(tenant, id));
  for await (const { key } of listAll(store, ObjectKeys.batchPrefix(tenant, id))) {
    const keepsState = key === record || (ObjectKeys.parseRun(key) !== undefined && /\/(manifest|run)\.json$/.test(key));
    if (!keepsState) await store.delete(key);
  }
  await store.delete(record);
  await rollback(services, tenant, id);
}

/** A batch of which a document is damaged or cannot be read cannot go on, and may be deleted. */
async function assertDeletable(store: ObjectStore, tenant: string, id: string): Promise<void> {
  try {
    finishedManifest(await readBatch(store, tenant, id));
  } catch (error) {
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
  }
}
