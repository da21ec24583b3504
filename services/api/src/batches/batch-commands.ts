/*
 * An accepted retry is as durable as an accepted upload. Order: pending marker of the new run, run document (written
 * once, so only one of two concurrent retries opens the run), check that the marker still exists, jobs, response. A
 * cancel request is stored before it is answered.
 */
import {
  type ManifestDocument,
  ObjectKeys,
  RUN_FILE_NAMES,
  type RunDocument,
  RunFile,
  type ScoredShards,
  sumShardCounts,
  summarize,
  markUnfinished,
  putPending,
  putDocumentOnce,
} from '@cytoqueue/records';
import { isOwn } from '@cytoqueue/registry';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import type { BatchDeps } from './batch-deps';
import { isIntact } from './download';
import { type StoredBatch, ensurePendingMarker, readBatch, restorePendingMarker } from './read-batch';

/**
 * Requests cancellation of the newest run. Cooperative: running shards finish, queued shards are skipped, and when no
 * shard is left the finalizer marks the run as canceled. Nothing is written after that.
 * @throws ObjectNotFoundError, Problem 409 when it is finished
 */
export async function cancelBatch(store: ObjectStore, tenant: string, id: string): Promise<void> {
  const stored = await readBatch(store, tenant, id);
  const { run, finished } = stored;
  if (finished !== undefined)
    throw new Problem('already-finished', `The batch has ${finished.manifest.status} already.`);
  await store.put(ObjectKeys.runCancel(tenant, id, run), Buffer.from('{}'));
  // Without a marker, a run that Redis has lost would stay `canceling` indefinitely.
  await restorePendingMarker(store, tenant, id, stored);
}

/**
 * Opens the next run of a finished batch: scored shards are kept, the others are scored again.
 * @throws ObjectNotFoundError, ModelDeletedError, Problem 409 when it is not finished or nothing is left to score
 */
export async function retryBatch(deps: BatchDeps, tenant: string, id: string): Promise<void> {
  const { store, producer } = deps;
  const stored = await readBatch(store, tenant, id);
  await restorePendingMarker(store, tenant, id, stored);
  const manifest = finishedManifest(stored);
  const { model, rescores } = stored.batch;
  // Only own models can be deleted; a retry of another one needs no model here.
  for (const pin of rescores === undefined ? [model] : [model, rescores.model])
    if (isOwn(pin.name)) await deps.registry.loadPinned(pin, tenant);
  const scored = await sumShardCounts(store, tenant, id);
  const shards = stored.batch.shards
    .map(({ rows }, shard) => ({ shard, rows }))
    .filter(({ shard }) => !scored.scored.has(shard));
  // Even if every shard is scored, a run is finalized again whose files are missing or damaged, or lack the rows of a shard
  // that was scored after they were written.
  const isComplete = shards.length === 0 && manifest.failed_shards.length === 0;
  if (isComplete && (await hasIntactFiles(deps, tenant, stored, manifest)))
    throw new Problem(
      'nothing-to-retry',
      'Every shard was scored; correct rejected rows in the errors file and upload it.',
    );
  const run = stored.run + 1;
  // The index treats a fully scored batch as final, but damage can make it retryable.
  await markUnfinished(store, { tenant, kind: 'batches' }, id);
  // Written before the run document, so that no run is open without a marker; the reconciler removes a marker without a
  // run.
  await putPending(store, tenant, id, run);
  await createRunDocument(store, tenant, id, { run, opened_at: new Date().toISOString(), kept: toCarriedOver(scored) });
  // The reconciler may have removed the marker as an orphan just before the run was opened: it checks for the run after
  // that.
  await ensurePendingMarker(store, tenant, id, run);
  await producer.enqueueBatch({ tenant, batchId: id, run, shards });
}

/** Reads the complete files, so its rows are charged to the tenant's rate limit. */
async function hasIntactFiles(
  { store, quotas }: BatchDeps,
  tenant: string,
  { batch, run }: StoredBatch,
  manifest: ManifestDocument,
): Promise<boolean> {
  if (manifest.results === undefined) return false;
  quotas.rateLimit.addRows(tenant, batch.rows);
  for (const name of RUN_FILE_NAMES) {
    const expected = manifest[name];
    if (expected === undefined) continue;
    if (!(await isIntact(store, new RunFile(store, tenant, batch, run, name, expected), expected))) return false;
  }
  return true;
}

export function finishedManifest({ finished }: StoredBatch): ManifestDocument {
  if (finished === undefined) throw new Problem('not-finished', 'The batch is not finished; cancel it first.');
  return finished.manifest;
}

/**
 * Counts from the shard objects, not from the manifest: a shard may have been stored after the manifest was written.
 */
function toCarriedOver(scored: ScoredShards): RunDocument['kept'] {
  const { succeeded, rejected, shards } = scored;
  return { counts: { succeeded, rejected }, summary: summarize(scored), shards };
}

/** Opens the run only once: the second of two concurrent retries gets a 409. */
async function createRunDocument(store: ObjectStore, tenant: string, id: string, document: RunDocument): Promise<void> {
  const key = ObjectKeys.runDocument(tenant, id, document.run);
  try {
    await putDocumentOnce(store, key, document);
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw new Problem('not-finished', 'Another retry has just been opened.');
    throw error;
  }
}
