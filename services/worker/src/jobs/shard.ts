/*
 * Delivery: at least once; effect: exactly once. Order: the shard's object (written once, under a key of batch, shard and
 * model version, its bytes a function of input and model), then the counts in Redis (once a shard). A job that dies before,
 * between or after is delivered again: it finds the object and goes on, or writes the same bytes.
 */
import { crc32 } from 'node:zlib';
import type { BatchProgress, ShardJob } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import {
  type BatchDocument,
  ObjectKeys,
  batchRowsKey,
  decodeShardCounts,
  decodeShardObject,
  parseBatchDocument,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
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

/** `batch.json` never changes; a worker reads it once for many shards. */
export class BatchDocumentCache {
  private readonly documents = new Map<string, Promise<BatchDocument>>();
  private readonly runs = new Set<string>();
  private static readonly MAX_CACHED = 32;

  constructor(private readonly store: ObjectStore) {}

  read(tenant: string, batchId: string): Promise<BatchDocument> {
    const key = ObjectKeys.batchDocument(tenant, batchId);
    let document = this.documents.get(key);
    if (document === undefined) {
      document = this.store.get(key).then((bytes) => parseBatchDocument(key, bytes));
      this.documents.set(key, document);
      document.catch(() => this.documents.delete(key));
      if (this.documents.size > BatchDocumentCache.MAX_CACHED)
        this.documents.delete(this.documents.keys().next().value as string);
    }
    return document;
  }

  /** Whether the batch has come to this run. Run 1 is there from the batch's acceptance on. */
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

/**
 * Scores one shard: load, decode, predict, encode, store. Delivery is at least once; the shard's object is written once
 * under a key made of batch, shard and model version, so a redelivery finds it and goes on.
 */
export function processShard(deps: ShardDeps, batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
  return skipIfRemoved(deps.store, job, () => processStored(deps, batchDocuments, job));
}

/** Jobs of a batch that was rolled back or deleted end without effect: the store, not the queue, says what was accepted. */
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

/** This worker may remember the description of a batch that is gone. */
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
  if (existing !== undefined) return deps.metrics.shardScored(job, existing.counts);
  await scoreUnlessCanceled(deps, tenant, batch, job);
}

/** Looks for the wish to cancel before the work and before the write. */
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
  const first = await putShardOnce(deps, tenant, batch, shard, object);
  const counts = first?.counts ?? decodeShardCounts(object, shardKey(tenant, batch, shard));
  deps.pool.release(object);
  const durationMs = performance.now() - startedMs;
  await Promise.all([
    deps.progress.recordScoringSpeed(batch.shards[shard].rows, durationMs),
    deps.metrics.shardScored(job, counts, durationMs / 1_000),
  ]);
}

/** `isCounted`: an object of the shard was there before, in this run or kept from an earlier one. */
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
  if (!isCounted) await deps.metrics.shardScored({ batchId: batch.id, run, shard }, stored.counts);
  return stored;
}

export async function isCanceled(store: ObjectStore, tenant: string, batchId: string, run: number): Promise<boolean> {
  return (await store.head(ObjectKeys.runCancel(tenant, batchId, run))) !== undefined;
}

/** @throws ObjectCorruptError when the input is not what was uploaded */
export async function loadShardTask(
  deps: ShardDeps,
  tenant: string,
  batch: BatchDocument,
  shard: number,
): Promise<ShardTask> {
  const { registry } = deps;
  const [bytes, model, previous] = await Promise.all([
    readInput(deps, tenant, batch, shard),
    registry.loadPinned(batch.model),
    batch.rescores && registry.loadPinned(batch.rescores.model),
  ]);
  return createShardTask(shardKey(tenant, batch, shard), batch, shard, bytes, model, previous);
}

async function readInput(
  { store, pool }: ShardDeps,
  tenant: string,
  batch: BatchDocument,
  shard: number,
): Promise<Buffer> {
  const { offset, length, crc32: checksum } = batch.shards[shard];
  const key = batchRowsKey(tenant, batch);
  const bytes = await store.getRange(key, { start: offset, end: offset + length }, pool.acquireInput(length));
  if (checksum !== undefined && crc32(bytes) !== checksum)
    throw new ObjectCorruptError(key, `its shard ${shard} does not match its checksum`);
  return bytes;
}
