/*
 * Delivery: at least once; effect: exactly once. Write order: the shard's object (write-once; the key names batch,
 * shard and model version, and the bytes depend only on input and model), then the counts in Redis (once per shard). A
 * job that crashes at any point is redelivered: it finds the object and continues, or writes the same bytes.
 */
import type { BatchProgress, ShardJob } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import {
  type BatchDocument,
  ObjectKeys,
  decodeShardCounts,
  decodeShardObject,
  parseBatchDocument,
  readDocumentBytes,
  readShardRows,
  shardAt,
} from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import type { ScoringPool } from '../scoring/pool';
import type { WorkerMetrics } from '../worker-metrics';
import { type ShardTask, createShardTask } from '../scoring/shard-task';
import { type StoredShard, putShardOnce, readShardObject, shardKey } from './stored-shard';

export { shardKey };

export interface ShardDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  pool: ScoringPool;
  progress: BatchProgress;
  metrics: WorkerMetrics;
  logger: Pick<Logger, 'error'>;
}

/** Caches `batch.json`, which never changes, so that a worker reads it once for many shards. */
export class BatchDocumentCache {
  private readonly documents = new Map<string, Promise<BatchDocument>>();
  private readonly runs = new Set<string>();
  private static readonly MAX_CACHED = 32;

  constructor(private readonly store: ObjectStore) {}

  read(tenant: string, batchId: string): Promise<BatchDocument> {
    const key = ObjectKeys.batchDocument(tenant, batchId);
    let document = this.documents.get(key);
    if (document === undefined) {
      document = readDocumentBytes(this.store, key).then((bytes) => parseBatchDocument(key, bytes));
      this.documents.set(key, document);
      document.catch(() => this.documents.delete(key));
      if (this.documents.size > BatchDocumentCache.MAX_CACHED)
        this.documents.delete(this.documents.keys().next().value as string);
    }
    return document;
  }

  /** Whether this run of the batch has been opened. Run 1 exists as soon as the batch is accepted. */
  async hasRun(tenant: string, batchId: string, run: number): Promise<boolean> {
    const prefix = ObjectKeys.runFolder(tenant, batchId, run);
    if (run === 1 || this.runs.has(prefix)) return true;
    const { objects } = await this.store.list({ prefix, limit: 1 });
    if (objects.length === 0) return false;
    if (this.runs.size >= BatchDocumentCache.MAX_CACHED) this.runs.clear();
    this.runs.add(prefix);
    return true;
  }
}

/** Scores one shard: load, decode, predict, encode, store. */
export function processShard(deps: ShardDeps, batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
  return skipIfRemoved(deps.store, job, () => processStored(deps, batchDocuments, job));
}

/** Ends jobs of a rolled-back or deleted batch without effect: the store, not the queue, decides what was accepted. */
export async function skipIfRemoved(
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

async function processStored(deps: ShardDeps, batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
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
  const kept = await putShardOnce(deps, tenant, batch, shard, object);
  const counts = kept?.counts ?? decodeShardCounts(object, shardKey(tenant, batch, shard));
  deps.pool.release(object);
  const durationMs = performance.now() - startedMs;
  await Promise.all([
    deps.progress.recordScoringSpeed(job.rows, durationMs),
    deps.metrics.countScoredShard(job, counts, durationMs / 1_000),
  ]);
}

/** @param isCounted whether the shard's rows are already counted: its object existed in this run or an earlier one */
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

export async function isCanceled(store: ObjectStore, tenant: string, batchId: string, run: number): Promise<boolean> {
  return (await store.head(ObjectKeys.runCancel(tenant, batchId, run))) !== undefined;
}

/** @throws ObjectCorruptError when the input differs from the upload */
export async function loadShardTask(
  deps: Pick<ShardDeps, 'store' | 'registry' | 'pool'>,
  tenant: string,
  batch: BatchDocument,
  shard: number,
): Promise<ShardTask> {
  const { registry } = deps;
  const [bytes, model, compared] = await Promise.all([
    readShardRows(deps.store, tenant, batch, shard, deps.pool.acquireInput(shardAt(batch, shard).length)),
    registry.loadPinned(batch.model),
    batch.rescores && registry.loadPinned(batch.rescores.model),
  ]);
  return createShardTask(shardKey(tenant, batch, shard), batch, shard, bytes, model, compared);
}
