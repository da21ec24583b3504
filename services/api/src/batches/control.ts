/*
 * A retry is a promise as an upload is. Order: the run's own pending marker, run record (written once: of two retries one
 * opens the run), a look whether the marker is still there, jobs, answer. A wish to cancel is durable before it is answered.
 */
import {
  type Manifest, ObjectKeys, ObjectMismatchError, type ObjectStore, type RunRecord, type ScoredShards, countScoredShards, markOpen, sealDocument,
} from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import type { BatchServices } from './accept';
import { type RunFile, isIntact, runFileKeys } from './download';
import { type StoredBatch, readBatch } from './runs';

/**
 * Wishes the newest run canceled. Cooperative: shards that are being scored end, the others are passed over, and when no
 * shard is left the finalizer ends the run as canceled; from then on nothing is written.
 * @throws ObjectNotFoundError, Problem 409 when it is finished
 */
export async function cancelBatch(store: ObjectStore, tenant: string, id: string): Promise<void> {
  const { run, end } = await readBatch(store, tenant, id);
  if (end !== undefined) throw new Problem('already-finished', `The batch has ${end.manifest.status} already.`);
  await store.put(ObjectKeys.runCancel(tenant, id, run), Buffer.from('{}'));
  // Earlier versions could lose the marker of a retry: without one, a run that Redis has lost would be canceling indefinitely.
  if (run > 1) await ensureMarked(store, tenant, id, run);
}

/**
 * Opens the next run of a finished batch: what was scored is kept, the rest is scored again.
 * @throws ObjectNotFoundError, Problem 409 when it is not finished or nothing is left to score
 */
export async function retryBatch(services: BatchServices, tenant: string, id: string): Promise<void> {
  const { store, producer } = services;
  const stored = await readBatch(store, tenant, id);
  if (stored.end === undefined && stored.run > 1) await ensureMarked(store, tenant, id, stored.run);
  const manifest = finishedManifest(stored);
  const kept = await countScoredShards(store, tenant, id);
  const shards = stored.record.shards.map(({ rows }, shard) => ({ shard, rows })).filter(({ shard }) => !kept.scored.has(shard));
  // A run without its files, or of which a file or the manifest is damaged, is finalized again although every shard is scored.
  if (shards.length === 0 && (await hasIntactFiles(services, tenant, stored, manifest))) throw new Problem('nothing-to-retry', 'Every shard was scored; rejected rows are mended in the errors file.');
  const run = stored.run + 1;
  // The index takes a batch that was scored in full for final; damage can make it one to retry.
  await markOpen(store, { tenant, kind: 'batches' }, id);
  // Before the run, so that no run is open without a marker; the reconciler removes a marker without a run.
  await store.put(ObjectKeys.pending(tenant, id, run), Buffer.alloc(0));
  await openRun(store, tenant, id, { run, opened_at: new Date().toISOString(), kept: keptOf(kept) });
  await ensureMarked(store, tenant, id, run);
  await producer.enqueueBatch({ tenant, batchId: id, run, shards });
}

/** Reads the files whole, so it is charged as composing them is. */
async function hasIntactFiles({ store, use }: BatchServices, tenant: string, { record, run }: StoredBatch, manifest: Manifest): Promise<boolean> {
  if (manifest.results === undefined) return false;
  use.rate.chargeRows(tenant, record.rows);
  for (const [which, keyOf] of Object.entries(runFileKeys)) {
    const file = manifest[which as RunFile];
    if (file !== undefined && !(await isIntact(store, keyOf(tenant, record.id, run), file))) return false;
  }
  return true;
}

/** The reconciler may have removed the marker as an orphan just before the run was opened; it looks for the run afterwards, as we do for the marker. */
async function ensureMarked(store: ObjectStore, tenant: string, id: string, run: number): Promise<void> {
  const key = ObjectKeys.pending(tenant, id, run);
  if ((await store.head(key)) === undefined) await store.put(key, Buffer.alloc(0));
}

export function finishedManifest({ end }: StoredBatch): Manifest {
  if (end === undefined) throw new Problem('not-finished', 'The batch is not finished; cancel it first.');
  return end.manifest;
}

/** By the shard objects, not by the manifest: a shard may have been stored after the manifest was written. */
function keptOf({ succeeded, rejected, benign, malignant, indeterminate, missing_features, shards }: ScoredShards): RunRecord['kept'] {
  return { counts: { succeeded, rejected }, summary: { benign, malignant, indeterminate, missing_features }, shards };
}

/** Two retries at once open one run. */
async function openRun(store: ObjectStore, tenant: string, id: string, record: RunRecord): Promise<void> {
  const key = ObjectKeys.runRecord(tenant, id, record.run);
  try {
    await store.putOnce(key, sealDocument(record), { contentType: 'application/json' });
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw new Problem('not-finished', 'Another retry has just been opened.');
    throw error;
  }
}
