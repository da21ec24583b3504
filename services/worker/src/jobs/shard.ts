/*
 * Delivery: at least once; effect: exactly once. Write order: the shard's object (write-once; its key names batch, shard
 * and model version), then the counts in Redis (once per shard). The object's bytes depend only on the input, the model,
 * the batch's options and the release's format of shard objects. A job that crashes at any point is redelivered: it finds
 * the object and continues, or writes the same bytes.
 */
import type { BatchProgress, ShardJob } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import {
  type BatchDocument,
  decodeShardCounts,
  decodeShardObject,
  readShardRows,
  shardAt,
  shardKey,
} from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { ScoringPool } from '../scoring/pool';
import type { WorkerMetrics } from '../worker-metrics';
import { type ShardTask, createShardTask } from '../scoring/shard-task';
import type { BatchDocumentCache } from './batch-documents';
import { isCanceled, ignoreMissingObjectsOfRemovedBatch } from './batch-state';
import { type StoredShard, putShardOnce, readShardObject } from './stored-shard';

export interface ShardDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  pool: ScoringPool;
  progress: BatchProgress;
  metrics: WorkerMetrics;
  logger: Pick<Logger, 'error'>;
}

/** Scores and counts one shard. Ends without effect if its batch was removed meanwhile. */
export function processShard(deps: ShardDeps, batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
  return ignoreMissingObjectsOfRemovedBatch(deps.store, job, () => countOrScore(deps, batchDocuments, job));
}

/** Counts a shard that is already stored; scores and stores any other one. */
async function countOrScore(deps: ShardDeps, batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
  const { tenant, batchId, shard } = job;
  const batch = await batchDocuments.read(tenant, batchId);
  const existing = await readShardObject(deps, tenant, batch, shard);
  if (existing !== undefined) return deps.metrics.countScoredShard(job, existing.counts);
  await scoreUnlessCanceled(deps, tenant, batch, job);
}

/** Checks for a cancel request before scoring and before writing. */
async function scoreUnlessCanceled(
  deps: ShardDeps,
  tenant: string,
  batch: BatchDocument,
  job: ShardJob,
): Promise<void> {
  const { run, shard } = job;
  if (await isCanceled(deps.store, tenant, batch.id, run)) return;
  const startedMs = performance.now();
  const object = await deps.pool.score(await loadShardTask(deps, tenant, batch, shard));
  if (await isCanceled(deps.store, tenant, batch.id, run)) return;
  const existingInOtherFormat = await putShardOnce(deps, tenant, batch, shard, object);
  const counts = existingInOtherFormat?.counts ?? decodeShardCounts(object, shardKey(tenant, batch, shard));
  // The object is stored: its memory may be used for another shard.
  deps.pool.release(object);
  const durationMs = performance.now() - startedMs;
  await Promise.all([
    deps.progress.recordScoringSpeed(batch.model.digest, job.rows, durationMs),
    deps.metrics.countScoredShard(job, counts, durationMs / 1_000),
  ]);
}

/** @param isCounted whether the shard's rows are counted already, because a damaged object of it was moved away */
export async function scoreAndStore(
  deps: ShardDeps,
  tenant: string,
  batch: BatchDocument,
  run: number,
  shard: number,
  isCounted: boolean,
): Promise<StoredShard> {
  const object = await deps.pool.score(await loadShardTask(deps, tenant, batch, shard));
  const stored =
    (await putShardOnce(deps, tenant, batch, shard, object)) ??
    decodeShardObject(object, shardKey(tenant, batch, shard));
  if (!isCounted) await deps.metrics.countScoredShard({ batchId: batch.id, run, shard }, stored.counts);
  return stored;
}

/** @throws ObjectCorruptError when the input differs from the upload */
export async function loadShardTask(
  deps: Pick<ShardDeps, 'store' | 'registry' | 'pool'>,
  tenant: string,
  batch: BatchDocument,
  shard: number,
): Promise<ShardTask> {
  const { registry } = deps;
  const [bytes, model, comparedModel] = await Promise.all([
    readShardRows(deps.store, tenant, batch, shard, deps.pool.acquireInputFor(shardAt(batch, shard).length)),
    registry.loadPinned(batch.model, tenant),
    batch.rescores && registry.loadPinned(batch.rescores.model, tenant),
  ]);
  return createShardTask(shardKey(tenant, batch, shard), batch, shard, bytes, model, comparedModel);
}
