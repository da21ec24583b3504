import { type Producer, takeTurn } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import { type BatchRecord, ObjectKeys, ObjectNotFoundError, type ObjectStore, listAll, newestRun, unscoredShards } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { WorkMetrics } from './work-metrics';

const EVERY_MS = 15_000;
/** Younger markers belong to what has only just been accepted. */
const MIN_AGE_MS = 60_000;
/** A marker of nothing is left by what died while it was being accepted. Far longer than that takes, and than clocks jump. */
const ORPHAN_AGE_MS = 24 * 3_600_000;

export interface ReconcilerServices {
  store: ObjectStore;
  producer: Producer;
  redis: Redis;
  metrics: Pick<WorkMetrics, 'reconciled'>;
  logger: Logger;
}

/**
 * Takes up again what was accepted and is not under way: the store's pending markers against the jobs in Redis, with the
 * same job ids. An emptied Redis delays work and loses none. One process does it at a time; two would do no harm.
 */
export function createReconciler(services: ReconcilerServices): Periodic {
  const turn = async (): Promise<void> => {
    if (await takeTurn(services.redis, 'reconcile', EVERY_MS)) await reconcile(services);
  };
  return new Periodic({ name: 'reconcile', everyMs: EVERY_MS, logger: services.logger, turn });
}

/**
 * One pass over all pending markers, and over what was put off by another clock. Clocks may jump: a marker from the future
 * is not young, and nothing is taken for left behind that may be just under way.
 * @returns how many were enqueued again
 */
export async function reconcile(services: ReconcilerServices, nowMs: number = Date.now()): Promise<number> {
  const promoted = await services.producer.promoteMisdated(nowMs);
  if (promoted > 0) services.logger.warn({ jobs: promoted }, 'put off by another clock; promoted');
  let enqueued = 0;
  for await (const { key, modifiedAt } of listAll(services.store, ObjectKeys.pendingPrefix)) {
    const pending = ObjectKeys.parsePendingKey(key);
    const ageMs = Math.abs(nowMs - modifiedAt.getTime());
    if (pending === undefined || ageMs < MIN_AGE_MS) continue;
    const { tenant, id } = pending;
    const done = await (id.startsWith('pred_') ? reconcilePrediction(services, tenant, id) : reconcileBatch(services, tenant, id));
    if (done === 'finished' || (done === 'nothing there' && ageMs > ORPHAN_AGE_MS)) await services.store.delete(key);
    if (done !== 'enqueued') continue;
    enqueued++;
    services.metrics.reconciled();
    services.logger.warn({ tenant, id }, 'enqueued again');
  }
  return enqueued;
}

type Outcome = 'nothing there' | 'finished' | 'under way' | 'enqueued';

async function reconcilePrediction({ store, producer }: ReconcilerServices, tenant: string, id: string): Promise<Outcome> {
  const [request, result] = await Promise.all([
    store.head(ObjectKeys.predictionRequest(tenant, id)),
    store.head(ObjectKeys.predictionResult(tenant, id)),
  ]);
  if (request === undefined) return 'nothing there';
  if (result !== undefined) return 'finished';
  const state = await producer.predictionState(id);
  if (state === 'queued' || state === 'active') return 'under way';
  await producer.reenqueuePrediction({ tenant, predictionId: id });
  return 'enqueued';
}

async function reconcileBatch({ store, producer }: ReconcilerServices, tenant: string, id: string): Promise<Outcome> {
  const record = await readRecord(store, tenant, id);
  if (record === undefined) return 'nothing there';
  const { run, objects } = await newestRun(store, tenant, id);
  if (objects.some(({ key }) => key === ObjectKeys.runManifest(tenant, id, run))) return 'finished';
  const state = await producer.runState(id, run);
  if (state === 'queued' || state === 'active') return 'under way';
  await producer.reenqueueBatch({ tenant, batchId: id, run, shards: await unscoredShards(store, tenant, record) });
  return 'enqueued';
}

async function readRecord(store: ObjectStore, tenant: string, id: string): Promise<BatchRecord | undefined> {
  try {
    return JSON.parse((await store.get(ObjectKeys.batchRecord(tenant, id))).toString()) as BatchRecord;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
