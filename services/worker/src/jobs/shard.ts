/*
 * Delivery: at least once; effect: exactly once. Order: the shard's object (written once, under a key of batch, shard and
 * model version, its bytes a function of input and model), then the counts in Redis (once a shard). A job that dies before,
 * between or after is delivered again: it finds the object and goes on, or writes the same bytes.
 */
import { crc32 } from 'node:zlib';
import type { BatchProgress, ShardJob } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import { type BatchRecord, ObjectCorruptError, ObjectKeys, ObjectNotFoundError, type ObjectStore, decodeShardCounts, decodeShardObject, openBatchRecord } from '@cytoqueue/storage';
import type { ScoringPool } from '../scoring/pool';
import type { WorkMetrics } from '../work-metrics';
import { type ShardTask, createShardTask } from '../scoring/shard-task';
import { type StoredShard, putShardOnce, readShardObject, shardKey } from './stored-shard';

export { shardKey };

export interface ShardServices {
  store: ObjectStore;
  registry: Registry;
  pool: ScoringPool;
  progress: BatchProgress;
  metrics: WorkMetrics;
  logger: Pick<Logger, 'error'>;
}

/** `batch.json` never changes; a worker reads it once for many shards. */
export class BatchRecords {
  private readonly records = new Map<string, Promise<BatchRecord>>();
  private readonly runs = new Set<string>();
  private static readonly MOST = 32;

  constructor(private readonly store: ObjectStore) {}

  read(tenant: string, batchId: string): Promise<BatchRecord> {
    const key = ObjectKeys.batchRecord(tenant, batchId);
    let record = this.records.get(key);
    if (record === undefined) {
      record = this.store.get(key).then((bytes) => openBatchRecord(key, bytes));
      this.records.set(key, record);
      record.catch(() => this.records.delete(key));
      if (this.records.size > BatchRecords.MOST) this.records.delete(this.records.keys().next().value as string);
    }
    return record;
  }

  /** Whether the batch has come to this run. Run 1 is there from the batch's acceptance on. */
  async hasRun(tenant: string, batchId: string, run: number): Promise<boolean> {
    const prefix = ObjectKeys.runPrefix(tenant, batchId, run);
    if (run === 1 || this.runs.has(prefix)) return true;
    const { objects } = await this.store.list({ prefix, limit: 1 });
    if (objects.length === 0) return false;
    if (this.runs.size >= BatchRecords.MOST) this.runs.clear();
    this.runs.add(prefix);
    return true;
  }
}

/**
 * Scores one shard: load, decode, predict, encode, store. Delivery is at least once; the shard's object is written once
 * under a key made of batch, shard and model version, so a redelivery finds it and goes on.
 */
export function processShard(services: ShardServices, records: BatchRecords, job: ShardJob): Promise<void> {
  return unlessRemoved(services.store, job, () => processStored(services, records, job));
}

/** Jobs of a batch that was rolled back or deleted end without effect: the store, not the queue, says what was accepted. */
export async function unlessRemoved(store: ObjectStore, job: { tenant: string; batchId: string }, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError) || !(await isRemoved(store, job))) throw error;
  }
}

/** This worker may remember the description of a batch that is gone. */
export async function isRemoved(store: ObjectStore, { tenant, batchId }: { tenant: string; batchId: string }): Promise<boolean> {
  return (await store.head(ObjectKeys.batchRecord(tenant, batchId))) === undefined;
}

async function processStored(services: ShardServices, records: BatchRecords, job: ShardJob): Promise<void> {
  const { tenant, batchId, shard } = job;
  const record = await records.read(tenant, batchId);
  const existing = await readShardObject(services, tenant, record, shard);
  if (existing !== undefined) return services.metrics.shardScored(job, existing.counts);
  await scoreUnlessCanceled(services, tenant, record, job);
}

/** Looks for the wish to cancel before the work and before the write. */
async function scoreUnlessCanceled(services: ShardServices, tenant: string, record: BatchRecord, job: ShardJob): Promise<void> {
  const { run, shard } = job;
  if (await isCanceled(services.store, tenant, record.id, run)) return;
  const startedMs = performance.now();
  const object = await services.pool.score(await loadShardTask(services, tenant, record, shard));
  if (await isCanceled(services.store, tenant, record.id, run)) return;
  const first = await putShardOnce(services, tenant, record, shard, object);
  const counts = first?.counts ?? decodeShardCounts(object, shardKey(tenant, record, shard));
  services.pool.release(object);
  const tookMs = performance.now() - startedMs;
  await Promise.all([
    services.progress.recordPace(record.shards[shard].rows, tookMs),
    services.metrics.shardScored(job, counts, tookMs / 1_000),
  ]);
}

/** `isCounted`: an object of the shard was there before, in this run or kept from an earlier one. */
export async function scoreAndStore(
  services: ShardServices, tenant: string, record: BatchRecord, run: number, shard: number, isCounted: boolean,
): Promise<StoredShard> {
  const object = await services.pool.score(await loadShardTask(services, tenant, record, shard));
  const stored = (await putShardOnce(services, tenant, record, shard, object)) ?? decodeShardObject(object, shardKey(tenant, record, shard));
  if (!isCounted) await services.metrics.shardScored({ batchId: record.id, run, shard }, stored.counts);
  return stored;
}

export async function isCanceled(store: ObjectStore, tenant: string, batchId: string, run: number): Promise<boolean> {
  return (await store.head(ObjectKeys.runCancel(tenant, batchId, run))) !== undefined;
}

/** @throws ObjectCorruptError when the input is not what was uploaded */
export async function loadShardTask(services: ShardServices, tenant: string, record: BatchRecord, shard: number): Promise<ShardTask> {
  const { registry } = services;
  const [bytes, model, previous] = await Promise.all([
    readInput(services, tenant, record, shard),
    registry.pinned(record.model),
    record.rescores && registry.pinned(record.rescores.model),
  ]);
  return createShardTask(shardKey(tenant, record, shard), record, shard, bytes, model, previous);
}

async function readInput({ store, pool }: ShardServices, tenant: string, record: BatchRecord, shard: number): Promise<Buffer> {
  const { offset, length, crc32: checksum } = record.shards[shard];
  const key = ObjectKeys.batchInput(tenant, record.id);
  const bytes = await store.getRange(key, { start: offset, end: offset + length }, pool.inputMemory(length));
  if (checksum !== undefined && crc32(bytes) !== checksum) throw new ObjectCorruptError(key, `its shard ${shard} does not match its checksum`);
  return bytes;
}
