/*
 * Makes delivery "at least once" when Redis has lost what it held, all of it or any part: everything that was accepted has a
 * marker under `pending/` until its end is in the store, and what has a marker and cannot finish by what is in Redis is
 * enqueued again, within about a minute and a quarter of being accepted or lost.
 */
import { KeyUpkeep, type Producer, QueueUnavailableError, runWithLease } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import {
  type DamageReport, ObjectKeys, type ObjectStore, type ObjectUnreadableError, batchRecordShape, findDocument, listAll, newestRun, unscoredShards,
} from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { WorkMetrics } from './work-metrics';

const EVERY_MS = 15_000;
/** Younger markers belong to what has only just been accepted. */
const MIN_AGE_MS = 60_000;
/** A process that died while it was accepting leaves a marker without a resource. Far longer than accepting takes, and than clocks jump. */
const ORPHAN_AGE_MS = 24 * 3_600_000;

export interface ReconcilerServices {
  store: ObjectStore;
  producer: Producer;
  redis: Redis;
  metrics: Pick<WorkMetrics, 'reconciled'>;
  damage: DamageReport;
  logger: Logger;
}

/**
 * Enqueues again what was accepted and cannot finish: the store's pending markers against the jobs in Redis, with the
 * same job ids. An emptied Redis delays work and loses none. One process does it at a time; two would do no harm.
 */
export function createReconciler(services: ReconcilerServices): Periodic {
  const upkeep = new KeyUpkeep(services.redis);
  const pass = async (signal: AbortSignal): Promise<void> => {
    await tidyKeys(services, upkeep);
    await reconcile(services, { signal });
  };
  const turn = async (): Promise<void> => void (await runWithLease(services.redis, 'reconcile', EVERY_MS, pass));
  return new Periodic({ name: 'reconcile', everyMs: EVERY_MS, logger: services.logger, turn });
}

/** Before the pass, which then makes up for what was removed. Not a part of it: a key that cannot be handled delays no marker. */
export async function tidyKeys({ logger }: Pick<ReconcilerServices, 'logger'>, upkeep: KeyUpkeep): Promise<void> {
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
export async function reconcile(services: ReconcilerServices, { nowMs = Date.now(), signal }: { nowMs?: number; signal?: AbortSignal } = {}): Promise<number> {
  const promoted = await services.producer.promoteMisdated(nowMs);
  if (promoted > 0) services.logger.warn({ jobs: promoted }, 'delayed by another clock; promoted');
  let enqueued = 0;
  const onUnreadable = (error: ObjectUnreadableError) => services.damage.report(error.key, error);
  for await (const { key, modifiedAt } of listAll(services.store, ObjectKeys.pendingPrefix, { onUnreadable })) {
    if (signal?.aborted) break;
    const ageMs = Math.abs(nowMs - modifiedAt.getTime());
    if (ageMs < MIN_AGE_MS) continue;
    if (await reconcileSafely(services, key, ageMs)) enqueued++;
  }
  return enqueued;
}

/** @returns whether it was enqueued again @throws QueueUnavailableError when Redis does not answer at all */
async function reconcileSafely(services: ReconcilerServices, key: string, ageMs: number): Promise<boolean> {
  try {
    return await reconcileMarker(services, key, ageMs);
  } catch (error) {
    if (error instanceof QueueUnavailableError) await assertAnswers(services.redis, error);
    services.damage.report(key, error);
    return false;
  }
}

/** A command may also fail by the one key that it was about. */
async function assertAnswers(redis: Redis, error: QueueUnavailableError): Promise<void> {
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

async function reconcileMarker(services: ReconcilerServices, key: string, ageMs: number): Promise<boolean> {
  const marker = ObjectKeys.parsePendingKey(key);
  if (marker === undefined) throw new Error('a pending marker has a name that no marker has');
  const outcome = await reconcileResource(services, marker);
  if (outcome === 'finished') await services.store.delete(key);
  if (outcome === 'nothing there' && ageMs > ORPHAN_AGE_MS) await deleteOrphan(services, key, marker);
  if (outcome !== 'enqueued') return false;
  services.metrics.reconciled();
  const { tenant, id } = marker;
  services.logger.warn({ tenant, id }, 'enqueued again');
  return true;
}

function reconcileResource(services: ReconcilerServices, marker: Marker): Promise<Outcome> {
  return marker.id.startsWith('pred_') ? reconcilePrediction(services, marker) : reconcileBatch(services, marker);
}

/**
 * A retry may write the same marker again at this moment. It looks for its marker after it has opened the run, and we look
 * for the run after we have deleted the marker: one of the two sees the other and writes the marker again.
 */
async function deleteOrphan({ store }: ReconcilerServices, key: string, { tenant, id, run }: Marker): Promise<void> {
  await store.delete(key);
  if (run > 1 && (await store.head(ObjectKeys.runRecord(tenant, id, run))) !== undefined) await store.put(key, Buffer.alloc(0));
}

type Outcome = 'nothing there' | 'finished' | 'under way' | 'enqueued';

async function reconcilePrediction({ store, producer }: ReconcilerServices, { tenant, id }: Marker): Promise<Outcome> {
  const [request, result] = await Promise.all([
    store.head(ObjectKeys.predictionRequest(tenant, id)),
    store.head(ObjectKeys.predictionResult(tenant, id)),
  ]);
  if (request === undefined) return 'nothing there';
  if (result !== undefined) return 'finished';
  if (await producer.canPredictionFinish(id)) return 'under way';
  await producer.reenqueuePrediction({ tenant, predictionId: id });
  return 'enqueued';
}

async function reconcileBatch({ store, producer }: ReconcilerServices, { tenant, id, run: markedRun }: Marker): Promise<Outcome> {
  const record = await findDocument(store, ObjectKeys.batchRecord(tenant, id), batchRecordShape);
  if (record === undefined) return 'nothing there';
  const { run, objects } = await newestRun(store, tenant, id);
  if (run < markedRun) return 'nothing there';
  if (markedRun > 1 && run > markedRun) return 'finished';
  if (objects.some(({ key }) => key === ObjectKeys.runManifest(tenant, id, run))) return 'finished';
  if (await producer.canRunFinish(id, run)) return 'under way';
  const shards = await unscoredShards(store, tenant, record);
  return (await producer.reenqueueBatch({ tenant, batchId: id, run, shards })) ? 'enqueued' : 'under way';
}
