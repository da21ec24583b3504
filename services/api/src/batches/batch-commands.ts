/*
 * A retry is a promise as an upload is. Order: the run's own pending marker, run record (written once: of two retries one
 * opens the run), a look whether the marker is still there, jobs, answer. A wish to cancel is durable before it is answered.
 */
import {
  type ManifestDocument,
  ObjectKeys,
  type RunDocument,
  type ScoredShards,
  sumShardCounts,
  markUnfinished,
  sealDocument,
} from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import type { BatchDeps } from './batch-deps';
import { type RunFile, isIntact, runFileKeys } from './download';
import { type StoredBatch, readBatch } from './read-batch';

/**
 * Wishes the newest run canceled. Cooperative: shards that are being scored end, the others are passed over, and when no
 * shard is left the finalizer ends the run as canceled; from then on nothing is written.
 * @throws ObjectNotFoundError, Problem 409 when it is finished
 */
export async function cancelBatch(store: ObjectStore, tenant: string, id: string): Promise<void> {
  const { run, completion } = await readBatch(store, tenant, id);
  if (completion !== undefined)
    throw new Problem('already-finished', `The batch has ${completion.manifest.status} already.`);
  await store.put(ObjectKeys.runCancel(tenant, id, run), Buffer.from('{}'));
  // Earlier versions could lose the marker of a retry: without one, a run that Redis has lost would be canceling indefinitely.
  if (run > 1) await ensurePendingMarker(store, tenant, id, run);
}

/**
 * Opens the next run of a finished batch: what was scored is kept, the rest is scored again.
 * @throws ObjectNotFoundError, Problem 409 when it is not finished or nothing is left to score
 */
export async function retryBatch(deps: BatchDeps, tenant: string, id: string): Promise<void> {
  const { store, producer } = deps;
  const stored = await readBatch(store, tenant, id);
  if (stored.completion === undefined && stored.run > 1) await ensurePendingMarker(store, tenant, id, stored.run);
  const manifest = finishedManifest(stored);
  const scored = await sumShardCounts(store, tenant, id);
  const shards = stored.batch.shards
    .map(({ rows }, shard) => ({ shard, rows }))
    .filter(({ shard }) => !scored.scored.has(shard));
  // A run without its files, or of which a file or the manifest is damaged, is finalized again although every shard is scored.
  if (shards.length === 0 && (await hasIntactFiles(deps, tenant, stored, manifest)))
    throw new Problem('nothing-to-retry', 'Every shard was scored; rejected rows are mended in the errors file.');
  const run = stored.run + 1;
  // The index takes a batch that was scored in full for final; damage can make it one to retry.
  await markUnfinished(store, { tenant, kind: 'batches' }, id);
  // Before the run, so that no run is open without a marker; the reconciler removes a marker without a run.
  await store.put(ObjectKeys.pending(tenant, id, run), Buffer.alloc(0));
  await createRunDocument(store, tenant, id, { run, opened_at: new Date().toISOString(), kept: toCarriedOver(scored) });
  await ensurePendingMarker(store, tenant, id, run);
  await producer.enqueueBatch({ tenant, batchId: id, run, shards });
}

/** Reads the files whole, so it is charged as composing them is. */
async function hasIntactFiles(
  { store, quotas: use }: BatchDeps,
  tenant: string,
  { batch: record, run }: StoredBatch,
  manifest: ManifestDocument,
): Promise<boolean> {
  if (manifest.results === undefined) return false;
  use.rateLimit.addRows(tenant, record.rows);
  for (const [which, keyOf] of Object.entries(runFileKeys)) {
    const file = manifest[which as RunFile];
    if (file !== undefined && !(await isIntact(store, keyOf(tenant, record.id, run), file))) return false;
  }
  return true;
}

/** The reconciler may have removed the marker as an orphan just before the run was opened; it looks for the run afterwards, as we do for the marker. */
async function ensurePendingMarker(store: ObjectStore, tenant: string, id: string, run: number): Promise<void> {
  const key = ObjectKeys.pending(tenant, id, run);
  if ((await store.head(key)) === undefined) await store.put(key, Buffer.alloc(0));
}

export function finishedManifest({ completion }: StoredBatch): ManifestDocument {
  if (completion === undefined) throw new Problem('not-finished', 'The batch is not finished; cancel it first.');
  return completion.manifest;
}

/** By the shard objects, not by the manifest: a shard may have been stored after the manifest was written. */
function toCarriedOver({
  succeeded,
  rejected,
  benign,
  malignant,
  indeterminate,
  missing_features,
  shards,
}: ScoredShards): RunDocument['kept'] {
  return { counts: { succeeded, rejected }, summary: { benign, malignant, indeterminate, missing_features }, shards };
}

/** Two retries at once open one run. */
async function createRunDocument(store: ObjectStore, tenant: string, id: string, document: RunDocument): Promise<void> {
  const key = ObjectKeys.runDocument(tenant, id, document.run);
  try {
    await store.putOnce(key, sealDocument(document), { contentType: 'application/json' });
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw new Problem('not-finished', 'Another retry has just been opened.');
    throw error;
  }
}
