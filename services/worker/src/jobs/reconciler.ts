/*
 * Makes delivery "at least once" when Redis has lost what it held, all of it or any part: everything that was accepted has a
 * marker under `pending/` until its end is in the store, and what has a marker and cannot finish by what is in Redis is
 * enqueued again, within about a minute and a quarter of being accepted or lost.
 */
import { KeyUpkeep, type JobProducer, QueueUnavailableError, runWithLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import {
  type DamageReport,
  ObjectKeys,
  batchDocumentShape,
  findDocument,
  readLatestRun,
  listUnscoredShards,
} from '@cytoqueue/records';
import { type ObjectStore, type ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { WorkerMetrics } from '../worker-metrics';

const INTERVAL_MS = 15_000;
/** Younger markers belong to what has only just been accepted. */
const MIN_AGE_MS = 60_000;
/** A process that died while it was accepting leaves a marker without a resource. Far longer than accepting takes, and than clocks jump. */
const ORPHAN_AGE_MS = 24 * 3_600_000;

export interface ReconcilerDeps {
  store: ObjectStore;
  producer: JobProducer;
  redis: Redis;
  metrics: Pick<WorkerMetrics, 'reconciled'>;
  damage: DamageReport;
  logger: Logger;
}

/**
 * Enqueues again what was accepted and cannot finish: the store's pending markers against the jobs in Redis, with the
 * same job ids. An emptied Redis delays work and loses none. One process does it at a time; two would do no harm.
 */
export function createReconciler(deps: ReconcilerDeps): PeriodicTask {
  const upkeep = new KeyUpkeep(deps.redis);
  const pass = async (signal: AbortSignal): Promise<void> => {
    await tidyKeys(deps, upkeep);
    await reconcile(deps, { signal });
  };
  const run = async (): Promise<void> => void (await runWithLease(deps.redis, 'reconcile', INTERVAL_MS, pass));
  return new PeriodicTask({ name: 'reconcile', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

/** Before the pass, which then makes up for what was removed. Not a part of it: a key that cannot be handled delays no marker. */
export async function tidyKeys({ logger }: Pick<ReconcilerDeps, 'logger'>, upkeep: KeyUpkeep): Promise<void> {
  try {
    const { mistyped, orphaned } = await upkeep.look();
    if (mistyped.length > 0) logger.warn({ keys: mistyped }, 'removed keys of a wrong type from Redis');
    if (orphaned > 0) logger.info({ jobs: orphaned }, 'removed jobs from Redis that stood in no list');
  } catch (error) {
    logger.warn({ err: error }, 'keys in Redis were not tidied');
  }
}

/**
 * One pass over all pending markers, and over jobs that were delayed by another clock. Clocks may jump: a marker from the
 * future is not young, and no marker is taken for an orphan that may have just been written. A marker whose resource cannot be
 * handled is reported and does not keep the others waiting; only a Redis that does not answer ends the pass.
 * @returns how many were enqueued again
 */
export async function reconcile(
  deps: ReconcilerDeps,
  { nowMs = Date.now(), signal }: { nowMs?: number; signal?: AbortSignal } = {},
): Promise<number> {
  const promoted = await deps.producer.promoteSkewedDelays(nowMs);
  if (promoted > 0) deps.logger.warn({ jobs: promoted }, 'delayed by another clock; promoted');
  let enqueued = 0;
  const onUnreadable = (error: ObjectUnreadableError) => deps.damage.report(error.key, error);
  for await (const { key, modifiedAt } of listAll(deps.store, ObjectKeys.pendingFolder, { onUnreadable })) {
    if (signal?.aborted) break;
    const ageMs = Math.abs(nowMs - modifiedAt.getTime());
    if (ageMs < MIN_AGE_MS) continue;
    if (await reconcileAndReport(deps, key, ageMs)) enqueued++;
  }
  return enqueued;
}

/** @returns whether it was enqueued again @throws QueueUnavailableError when Redis does not answer at all */
async function reconcileAndReport(deps: ReconcilerDeps, key: string, ageMs: number): Promise<boolean> {
  try {
    return await reconcileMarker(deps, key, ageMs);
  } catch (error) {
    if (error instanceof QueueUnavailableError) await assertRedisResponds(deps.redis, error);
    deps.damage.report(key, error);
    return false;
  }
}

/** A command may also fail by the one key that it was about. */
async function assertRedisResponds(redis: Redis, error: QueueUnavailableError): Promise<void> {
  await redis.ping().catch(() => {
    throw error;
  });
}

interface Marker {
  tenant: string;
  id: string;
  /** Of a batch. A marker of run 1 stands for the newest run, for earlier versions have no others. */
  run: number;
}

async function reconcileMarker(deps: ReconcilerDeps, key: string, ageMs: number): Promise<boolean> {
  const marker = ObjectKeys.parsePendingKey(key);
  if (marker === undefined) throw new Error('a pending marker has a name that no marker has');
  const result = await reconcileResource(deps, marker);
  if (result === 'finished') await deps.store.delete(key);
  if (result === 'orphaned' && ageMs > ORPHAN_AGE_MS) await deleteOrphan(deps, key, marker);
  if (result !== 'enqueued') return false;
  deps.metrics.reconciled();
  const { tenant, id } = marker;
  deps.logger.warn({ tenant, id }, 'enqueued again');
  return true;
}

function reconcileResource(deps: ReconcilerDeps, marker: Marker): Promise<ReconcileResult> {
  return marker.id.startsWith('pred_') ? reconcilePrediction(deps, marker) : reconcileBatch(deps, marker);
}

/**
 * A retry may write the same marker again at this moment. It looks for its marker after it has opened the run, and we look
 * for the run after we have deleted the marker: one of the two sees the other and writes the marker again.
 */
async function deleteOrphan({ store }: ReconcilerDeps, key: string, { tenant, id, run }: Marker): Promise<void> {
  await store.delete(key);
  if (run > 1 && (await store.head(ObjectKeys.runDocument(tenant, id, run))) !== undefined)
    await store.put(key, Buffer.alloc(0));
}

type ReconcileResult = 'orphaned' | 'finished' | 'in-progress' | 'enqueued';

async function reconcilePrediction(
  { store, producer }: ReconcilerDeps,
  { tenant, id }: Marker,
): Promise<ReconcileResult> {
  const [request, result] = await Promise.all([
    store.head(ObjectKeys.predictionRequest(tenant, id)),
    store.head(ObjectKeys.predictionResult(tenant, id)),
  ]);
  if (request === undefined) return 'orphaned';
  if (result !== undefined) return 'finished';
  if (await producer.canPredictionFinish(id)) return 'in-progress';
  await producer.reenqueuePrediction({ tenant, predictionId: id });
  return 'enqueued';
}

async function reconcileBatch(
  { store, producer }: ReconcilerDeps,
  { tenant, id, run: markedRun }: Marker,
): Promise<ReconcileResult> {
  const batch = await findDocument(store, ObjectKeys.batchDocument(tenant, id), batchDocumentShape);
  if (batch === undefined) return 'orphaned';
  const { run, objects } = await readLatestRun(store, tenant, id);
  if (run < markedRun) return 'orphaned';
  if (markedRun > 1 && run > markedRun) return 'finished';
  if (objects.some(({ key }) => key === ObjectKeys.runManifest(tenant, id, run))) return 'finished';
  if (await producer.canRunFinish(id, run)) return 'in-progress';
  const shards = await listUnscoredShards(store, tenant, batch);
  return (await producer.reenqueueBatch({ tenant, batchId: id, run, shards })) ? 'enqueued' : 'in-progress';
}
