/*
 * At-least-once delivery even if Redis loses some or all jobs: accepted work keeps a marker under `pending/` until its
 * completion is stored. Work that has a marker and cannot finish with the jobs in Redis is enqueued again within 75 s.
 */
import { KeyUpkeep, type JobProducer, QueueUnavailableError, runWithLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import {
  type DamageReport,
  ObjectKeys,
  TrainingKeys,
  batchDocumentShape,
  findDocument,
  readLatestRun,
  listUnscoredShards,
  putPending,
} from '@cytoqueue/records';
import { type ObjectStore, type ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { WorkerMetrics } from '../worker-metrics';

const INTERVAL_MS = 15_000;
/** Younger markers are skipped: their jobs may not be enqueued yet. */
const MIN_AGE_MS = 60_000;
/** A crash during acceptance leaves a marker without a resource. Far longer than acceptance takes or clocks jump. */
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
 * Compares the store's pending markers with the jobs in Redis and enqueues missing jobs under the same ids. A lease
 * lets one process do it at a time; two would do no harm.
 */
export function createReconciler(deps: ReconcilerDeps): PeriodicTask {
  const upkeep = new KeyUpkeep(deps.redis);
  const pass = async (signal: AbortSignal): Promise<void> => {
    await tidyKeys(deps, upkeep);
    await reconcile(deps, { signal });
  };
  const run = async (stopping: AbortSignal): Promise<void> =>
    void (await runWithLease(deps.redis, 'reconcile', INTERVAL_MS, (lost) => pass(AbortSignal.any([lost, stopping]))));
  return new PeriodicTask({ name: 'reconcile', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

/** Removes unusable keys before the pass, which enqueues their jobs again. A failure here does not stop the pass. */
export async function tidyKeys({ logger }: Pick<ReconcilerDeps, 'logger'>, upkeep: KeyUpkeep): Promise<void> {
  try {
    const { mistyped, orphaned } = await upkeep.runPass();
    if (mistyped.length > 0) logger.warn({ keys: mistyped }, 'removed keys of the wrong type from Redis');
    if (orphaned > 0) logger.info({ jobs: orphaned }, 'removed jobs from Redis that were in no list');
  } catch (error) {
    logger.warn({ err: error }, 'unusable keys in Redis were not removed');
  }
}

/**
 * Makes one pass over all pending markers and promotes jobs that were delayed under a wrong clock. Clocks may jump: a
 * marker dated in the future does not count as young, and a marker counts as orphaned only after a day. A marker whose
 * resource fails is reported and skipped; only a Redis that does not answer ends the pass.
 * @returns the number of resources that were enqueued again
 */
export async function reconcile(
  deps: ReconcilerDeps,
  { nowMs = Date.now(), signal }: { nowMs?: number; signal?: AbortSignal } = {},
): Promise<number> {
  const promoted = await deps.producer.promoteSkewedDelays(nowMs);
  if (promoted > 0) deps.logger.warn({ jobs: promoted }, 'promoted jobs that a wrong clock had delayed');
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

/** Distinguishes a Redis outage from a command that failed because of its own key. */
async function assertRedisResponds(redis: Redis, error: QueueUnavailableError): Promise<void> {
  await redis.ping().catch(() => {
    throw error;
  });
}

interface Marker {
  tenant: string;
  id: string;
  /** The batch's run. A marker of run 1 stands for the latest run, because earlier releases write markers of run 1 only. */
  run: number;
}

async function reconcileMarker(deps: ReconcilerDeps, key: string, ageMs: number): Promise<boolean> {
  const marker = ObjectKeys.parsePendingKey(key);
  if (marker === undefined) throw new Error('the object is not named like a pending marker');
  const result = await reconcileResource(deps, marker);
  if (result === 'finished') await deps.store.delete(key);
  if (result === 'orphaned' && ageMs > ORPHAN_AGE_MS) await deleteOrphan(deps, key, marker);
  if (result !== 'enqueued') return false;
  deps.metrics.reconciled();
  const { tenant, id } = marker;
  deps.logger.warn({ tenant, id }, 'enqueued unfinished work whose job was lost');
  return true;
}

function reconcileResource(deps: ReconcilerDeps, marker: Marker): Promise<ReconcileResult> {
  if (marker.id.startsWith('pred_')) return reconcilePrediction(deps, marker);
  return marker.id.startsWith('training_') ? reconcileTraining(deps, marker) : reconcileBatch(deps, marker);
}

/**
 * Deletes a marker unless a retry is writing the same one at this moment. The retry checks its marker after opening the
 * run, and this function checks the run after deleting the marker: at least one of them sees the other and restores it.
 */
async function deleteOrphan({ store }: ReconcilerDeps, key: string, { tenant, id, run }: Marker): Promise<void> {
  await store.delete(key);
  if (run === 1) return;
  // A retry beside a DELETE of the batch may leave its run.
  const documents = [ObjectKeys.batchDocument(tenant, id), ObjectKeys.runDocument(tenant, id, run)];
  const heads = await Promise.all(documents.map((document) => store.head(document)));
  if (heads.every((head) => head !== undefined)) await putPending(store, tenant, id, run);
}

/** Whether the object that ends the work was stored after the first check. Then the job is not lost: it has ended. */
async function hasJustFinished(store: ObjectStore, key: string): Promise<boolean> {
  return (await store.head(key)) !== undefined;
}

type ReconcileResult = 'orphaned' | 'finished' | 'in-progress' | 'enqueued';

async function reconcilePrediction(
  { store, producer }: ReconcilerDeps,
  { tenant, id }: Marker,
): Promise<ReconcileResult> {
  const [request, result] = await Promise.all([
    store.head(ObjectKeys.predictionRequest(tenant, id)),
    store.head(ObjectKeys.predictionCompletion(tenant, id)),
  ]);
  if (request === undefined) return 'orphaned';
  if (result !== undefined) return 'finished';
  if (await producer.singleRecords.canFinish(id)) return 'in-progress';
  if (await hasJustFinished(store, ObjectKeys.predictionCompletion(tenant, id))) return 'finished';
  await producer.singleRecords.addAgain({ tenant, predictionId: id });
  return 'enqueued';
}

async function reconcileTraining(
  { store, producer }: ReconcilerDeps,
  { tenant, id }: Marker,
): Promise<ReconcileResult> {
  if ((await store.head(TrainingKeys.document(tenant, id))) === undefined) return 'orphaned';
  if ((await store.head(TrainingKeys.result(tenant, id))) !== undefined) return 'finished';
  if (await producer.canTrainingFinish(id)) return 'in-progress';
  if (await hasJustFinished(store, TrainingKeys.result(tenant, id))) return 'finished';
  await producer.reenqueueTraining({ tenant, trainingId: id });
  return 'enqueued';
}

async function reconcileBatch(
  { store, producer }: ReconcilerDeps,
  { tenant, id, run: markedRun }: Marker,
): Promise<ReconcileResult> {
  const batch = await findDocument(store, ObjectKeys.batchDocument(tenant, id), batchDocumentShape);
  if (batch === undefined) return 'orphaned';
  const { run, objects } = await readLatestRun(store, tenant, id);
  // A retry writes its marker before it opens the run: it is about to do so, or crashed in between.
  if (run < markedRun) return 'orphaned';
  // A later run has a marker of its own.
  if (markedRun > 1 && run > markedRun) return 'finished';
  if (objects.some(({ key }) => key === ObjectKeys.runManifest(tenant, id, run))) return 'finished';
  if (await producer.canRunFinish(id, run)) return 'in-progress';
  if (await hasJustFinished(store, ObjectKeys.runManifest(tenant, id, run))) return 'finished';
  const shards = await listUnscoredShards(store, tenant, batch);
  return (await producer.reenqueueBatch({ tenant, batchId: id, run, shards })) ? 'enqueued' : 'in-progress';
}
