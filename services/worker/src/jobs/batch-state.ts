/*
 * Asks the store whether a job's batch still exists and its run may go on. Never cached: either can change while a job
 * runs.
 */
import { ObjectKeys } from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';

/**
 * Runs the work of a job. An object that is missing is no error if the batch was rolled back or deleted meanwhile: the
 * store, not the queue, decides what was accepted.
 */
export async function ignoreMissingObjectsOfRemovedBatch(
  store: ObjectStore,
  job: { tenant: string; batchId: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError) || !(await isRemoved(store, job))) throw error;
  }
}

/** Reads the store, because this worker may still have a deleted batch in its cache. */
export async function isRemoved(
  store: ObjectStore,
  { tenant, batchId }: { tenant: string; batchId: string },
): Promise<boolean> {
  return (await store.head(ObjectKeys.batchDocument(tenant, batchId))) === undefined;
}

export async function isCanceled(store: ObjectStore, tenant: string, batchId: string, run: number): Promise<boolean> {
  return (await store.head(ObjectKeys.runCancel(tenant, batchId, run))) !== undefined;
}
