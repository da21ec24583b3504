/*
 * Delivery: at least once; effect: exactly once. A marker below `shadow/pending/` stands for a batch that has not been
 * counted. Write order: the counts, with the batch's id (one compare-and-swap write), then the marker is deleted. After
 * a crash the batch is scored again and found among the counted ones.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobProducer, QueueUnavailableError, runWithLease } from '@cytoqueue/queue';
import type { ModelRegistry, ShadowCounts } from '@cytoqueue/registry';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import {
  type BatchDocument,
  ObjectKeys,
  type ShadowDocument,
  batchDocumentShape,
  decodeShardCounts,
  findDocument,
  manifestShape,
  shadowMarkerShape,
  shardKey,
} from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { isTemporary } from '../errors';
import { loadShardTask, type ShardDeps } from '../jobs/shard';
import { ScoringPool } from '../scoring/pool';
import type { WorkerMetrics } from '../worker-metrics';

const INTERVAL_MS = 15_000;
/** Pause before the queues are looked at again while they hold work. */
const BUSY_PAUSE_MS = 1_000;

export interface ShadowScorerDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: Pick<JobProducer, 'waitingJobs'>;
  redis: Redis;
  metrics: Pick<WorkerMetrics, 'shadowScored'>;
  logger: Logger;
  /** Compiled JavaScript of the scoring thread, for tests. */
  threadFile?: string;
}

/**
 * Scores finished batches with the model's shadow version and counts the rows that it puts into the same class as the
 * version that scored them. One process does it at a time, on one thread of the lowest priority, and only while no job
 * waits in any queue: what users wait for is never behind it. The answers are dropped.
 */
export class ShadowScorer {
  private readonly stopping = new AbortController();
  private readonly task: PeriodicTask;

  constructor(deps: ShadowScorerDeps) {
    const run = async (): Promise<void> =>
      void (await runWithLease(deps.redis, 'shadow', INTERVAL_MS, async (lost) => {
        await scoreMarked(deps, AbortSignal.any([lost, this.stopping.signal]));
      }));
    this.task = new PeriodicTask({ name: 'shadow', intervalMs: INTERVAL_MS, logger: deps.logger, run });
  }

  start(): void {
    this.task.start();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.task.stop();
  }
}

/**
 * Makes one pass over the marked batches. A batch that cannot be scored is logged and left out of the counts; an outage
 * ends the pass. @returns the number of batches counted
 */
export async function scoreMarked(deps: ShadowScorerDeps, signal?: AbortSignal): Promise<number> {
  const background = new BackgroundPool(deps.threadFile);
  let counted = 0;
  try {
    for await (const { key } of listAll(deps.store, ObjectKeys.shadowPendingFolder)) {
      if (signal?.aborted) break;
      if (await scoreMarker(deps, background, key, signal)) counted++;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    await background.stop();
  }
  return counted;
}

/** The thread is started for the first shard of a pass, so that it takes no memory without a shadow version. */
class BackgroundPool {
  private pool: ScoringPool | undefined;

  constructor(private readonly threadFile = join(__dirname, '../scoring/background-thread.js')) {}

  get(): ScoringPool {
    return (this.pool ??= new ScoringPool(1, this.threadFile));
  }

  async stop(): Promise<void> {
    await this.pool?.stop();
  }
}

async function scoreMarker(
  deps: ShadowScorerDeps,
  background: BackgroundPool,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const work = await findWork(deps, key);
    if (work === 'unfinished') return false;
    const isCounted = work !== undefined && (await scoreBatch(deps, background, work, signal));
    await deps.store.delete(key);
    return isCounted;
  } catch (error) {
    if (signal?.aborted || isTemporary(error) || error instanceof QueueUnavailableError) throw error;
    // The batch or its input was deleted meanwhile.
    if (!(error instanceof ObjectNotFoundError))
      deps.logger.error({ key, err: error }, 'a batch could not be compared with the shadow version');
    await deps.store.delete(key);
    return false;
  }
}

interface ShadowWork {
  tenant: string;
  batch: BatchDocument;
  shadow: ShadowDocument;
  failedShards: readonly number[];
}

/** @returns undefined when there is nothing to count */
async function findWork(
  { store, registry }: ShadowScorerDeps,
  key: string,
): Promise<ShadowWork | 'unfinished' | undefined> {
  const parsed = ObjectKeys.parseShadowPending(key);
  if (parsed === undefined) return undefined;
  const { tenant, batchId } = parsed;
  const marker = await findDocument(store, key, shadowMarkerShape);
  const batch = await findDocument(store, ObjectKeys.batchDocument(tenant, batchId), batchDocumentShape);
  if (marker === undefined || batch === undefined) return undefined;
  const shadow = await registry.shadows.find(batch.model.name);
  if (shadow === undefined || shadow.id !== marker.shadow_id) return undefined;
  const manifest = await findDocument(store, ObjectKeys.runManifest(tenant, batchId, 1), manifestShape);
  if (manifest === undefined) return 'unfinished';
  if (manifest.status !== 'succeeded' && manifest.status !== 'completed_with_errors') return undefined;
  return { tenant, batch, shadow, failedShards: manifest.failed_shards };
}

async function scoreBatch(
  deps: ShadowScorerDeps,
  background: BackgroundPool,
  { tenant, batch, shadow, failedShards }: ShadowWork,
  signal?: AbortSignal,
): Promise<boolean> {
  const total: ShadowCounts = { agreed: 0, disagreed: 0 };
  for (const shard of batch.shards.keys()) {
    if (failedShards.includes(shard)) continue;
    await untilIdle(deps, signal);
    const { agreed, disagreed } = await compareShard({ ...deps, pool: background.get() }, tenant, batch, shadow, shard);
    total.agreed += agreed;
    total.disagreed += disagreed;
  }
  if (!(await deps.registry.shadows.addCounts(shadow, batch.model.version, batch.id, total))) return false;
  deps.metrics.shadowScored(total);
  return true;
}

/** Scores the rows with both versions at the batch's operating point, without the columns of evidence. */
async function compareShard(
  deps: Pick<ShardDeps, 'store' | 'registry' | 'pool'>,
  tenant: string,
  batch: BatchDocument,
  { model }: ShadowDocument,
  shard: number,
): Promise<ShadowCounts> {
  const compared: BatchDocument = {
    ...batch,
    options: { ...batch.options, explain: false },
    rescores: { batch_id: batch.id, model, operating_point: batch.options.operating_point },
  };
  const object = await deps.pool.score(await loadShardTask(deps, tenant, compared, shard));
  const { succeeded, changed } = decodeShardCounts(object, shardKey(tenant, batch, shard));
  deps.pool.release(object);
  return { agreed: succeeded - changed, disagreed: changed };
}

/** Waits until no job waits in any queue. @throws an AbortError, QueueUnavailableError */
async function untilIdle({ producer }: ShadowScorerDeps, signal?: AbortSignal): Promise<void> {
  while ((await producer.waitingJobs()) > 0) await sleep(BUSY_PAUSE_MS, undefined, { signal });
  signal?.throwIfAborted();
}
