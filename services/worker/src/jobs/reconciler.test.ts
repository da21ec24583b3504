import type { JobProducer } from '@cytoqueue/queue';
import { DamageReport, type ManifestDocument, ObjectKeys, TrainingKeys, createId } from '@cytoqueue/records';
import type { ListOptions, ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { createConsumers } from '../consumers';
import { Finalizer } from './finalize';
import { BatchDocumentCache } from './batch-documents';
import { type ReconcilerDeps, createReconciler, reconcile } from './reconciler';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let worker: RunningWorker;
let connection: Redis;
let producer: JobProducer;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ connection, producer } = worker);
});

afterEach(async () => {
  await connection.flushall();
});

afterAll(() => worker?.stop());

const reconciler = (): ReconcilerDeps => {
  const { store, metrics, logger } = worker.deps;
  return {
    store,
    producer,
    redis: connection,
    metrics,
    damage: new DamageReport(logger, () => metrics.checksumMismatch()),
    logger,
  };
};
const reconcileAt = (aheadMs: number) => reconcile(reconciler(), { nowMs: Date.now() + aheadMs });

test('skips young markers and enqueues work with old or future markers once', async () => {
  const { id } = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  expect(await reconcileAt(0)).toBe(0);
  expect(await producer.runState(id, 1)).toBe('unknown');
  expect(await reconcileAt(-HOUR_MS)).toBe(1);
  expect(await producer.runState(id, 1)).toBe('queued');
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(0);
  await worker.store.delete(ObjectKeys.pending(TENANT, id));
});

test('ends a pass over many markers when it is stopped', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => worker.acceptPrediction()));
  const deps = reconciler();
  let looks = 0;
  let stopped = false;
  const task = createReconciler({
    ...deps,
    store: new Proxy(deps.store, {
      get: (store, name: keyof ObjectStore) => {
        if (name !== 'list') return store[name];
        return async (options: ListOptions) => {
          const page = await store.list(options);
          // Old enough to be looked at. The first look lasts until the stop.
          return { ...page, objects: page.objects.map((info) => ({ ...info, modifiedAt: new Date(0) })) };
        };
      },
    }),
    producer: new Proxy(producer, {
      get: (target, name: keyof JobProducer) => {
        if (name !== 'singleRecords') return target[name];
        const canFinish = async () => {
          looks++;
          await waitUntil('it is being stopped', () => stopped);
          return true;
        };
        return { canFinish };
      },
    }),
  });
  task.start();
  await waitUntil('it looks at a marker', () => looks > 0);
  const stopping = task.stop();
  stopped = true;
  await stopping;
  expect(looks).toBe(1);
  await drain(ids);
});

test('enqueues a training whose job was lost, until it has a result', async () => {
  const id = createId('training_');
  await worker.store.put(TrainingKeys.document(TENANT, id), Buffer.from('{}'));
  await worker.store.put(ObjectKeys.pending(TENANT, id), Buffer.alloc(0));
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(1);
  expect(await producer.trainingState(id)).toBe('queued');
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(0);
  await worker.store.put(TrainingKeys.result(TENANT, id), Buffer.from('{}'));
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(0);
  expect(await worker.store.head(ObjectKeys.pending(TENANT, id))).toBeUndefined();
});

test('work that ends between the look at the store and the look at Redis is not enqueued again', async () => {
  const id = createId('pred_');
  const { store } = worker;
  await store.put(ObjectKeys.predictionRequest(TENANT, id), Buffer.from('{}'));
  await store.put(ObjectKeys.pending(TENANT, id), Buffer.alloc(0));
  const result = ObjectKeys.predictionCompletion(TENANT, id);
  const ending = new Proxy(store, {
    get: (target, member, receiver) => {
      if (member !== 'head') return Reflect.get(target, member, receiver) as unknown;
      return async (key: string) => {
        const found = await target.head(key);
        if (key === result && found === undefined) await target.put(result, Buffer.from('{}'));
        return found;
      };
    },
  });
  expect(await reconcile({ ...reconciler(), store: ending }, { nowMs: Date.now() + 2 * MINUTE_MS })).toBe(0);
  expect(await producer.singleRecords.state(id)).toBe('unknown');
  expect(await store.head(ObjectKeys.pending(TENANT, id))).toBeUndefined();
});

test('a marker without a resource is kept for a day, even by a clock that is an hour ahead', async () => {
  const key = ObjectKeys.pending(TENANT, createId('pred_'));
  await worker.store.put(key, Buffer.alloc(0));
  await reconcileAt(HOUR_MS);
  expect(await worker.store.head(key)).toBeDefined();
  await reconcileAt(25 * HOUR_MS);
  expect(await worker.store.head(key)).toBeUndefined();
});

test('concurrent reconcilers beside two workers leave one manifest and one object per shard', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(40), 2);
  const consumers = [createConsumers(worker.deps), createConsumers(worker.deps)];
  for (const each of consumers) each.start();
  // A pass may find a job locked by a worker and leave the rest to the next pass.
  const failures: unknown[] = [];
  const turn = () => reconcileAt(2 * MINUTE_MS).catch((error: unknown) => void failures.push(error));
  await Promise.all(Array.from({ length: 4 }, turn));
  await waitUntil('the batch is finished', async () => {
    await turn();
    return !(await worker.isPending(batch.id));
  });
  for (const error of failures) expect((error as Error).message).toMatch(/could not be removed because it is locked/);
  await Promise.all(consumers.map((each) => each.stop()));
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 40, succeeded: 40 }, failed_shards: [] });
  const { objects } = await worker.store.list({ prefix: ObjectKeys.batchFolder(TENANT, batch.id) });
  expect(objects.filter(({ key }) => key.endsWith('.shard'))).toHaveLength(batch.shards.length);
  expect(objects.filter(({ key }) => key.endsWith('manifest.json'))).toHaveLength(1);
});

const put = (key: string) => worker.store.put(key, Buffer.alloc(0));
const openRun = (id: string, run: number) =>
  worker.store.put(ObjectKeys.runDocument(TENANT, id, run), Buffer.from('{}'));

async function drain(ids: readonly string[]): Promise<void> {
  const isDrained = async () => {
    await reconcileAt(2 * MINUTE_MS).catch(() => undefined);
    const { objects } = await worker.store.list({ prefix: ObjectKeys.pendingFolder });
    return !objects.some(({ key }) => ids.some((id) => key.includes(id)));
  };
  await worker.whileConsuming(() => waitUntil('nothing is pending', isDrained));
}

test('completing a run keeps the marker of a concurrent retry, which survives a flushed Redis', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  const job = { v: 1 as const, tenant: TENANT, batchId: batch.id, run: 1 };
  await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).failRun(job);
  // The first run's finalizer is redelivered after the retry has opened its run.
  await put(ObjectKeys.pending(TENANT, batch.id));
  await put(ObjectKeys.pending(TENANT, batch.id, 2));
  await openRun(batch.id, 2);
  await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).process(job, new Set());
  expect(await worker.store.head(ObjectKeys.pending(TENANT, batch.id))).toBeUndefined();
  expect(await worker.store.head(ObjectKeys.pending(TENANT, batch.id, 2))).toBeDefined();
  expect(await producer.canRunFinish(batch.id, 2)).toBe(false);
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(1);
  expect(await producer.canRunFinish(batch.id, 2)).toBe(true);
  await drain([batch.id]);
  expect(await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 2))).toMatchObject({
    status: 'succeeded',
    counts: { succeeded: 4 },
  });
});

test('finishes a retry that an earlier release accepted with the marker of run 1', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).failRun({
    v: 1,
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
  });
  await put(ObjectKeys.pending(TENANT, batch.id));
  await openRun(batch.id, 2);
  await drain([batch.id]);
  expect((await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 2))).status).toBe('succeeded');
});

test('after a day, deletes the marker of a retry that never opened its run, and keeps that of an opened run', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  const [orphan, opened] = [3, 2].map((run) => ObjectKeys.pending(TENANT, batch.id, run)) as [string, string];
  await put(orphan);
  await put(opened);
  await openRun(batch.id, 2);
  // A retry beside a DELETE of its batch may leave both.
  const removed = createId('batch_');
  const left = ObjectKeys.pending(TENANT, removed, 2);
  await put(left);
  await openRun(removed, 2);
  const kept = async () => {
    const heads = await Promise.all([orphan, left, opened].map((key) => worker.store.head(key)));
    return heads.map((head) => head !== undefined);
  };
  await reconcileAt(HOUR_MS);
  expect(await kept()).toEqual([true, true, true]);
  await reconcileAt(25 * HOUR_MS);
  expect(await kept()).toEqual([false, false, true]);
  await drain([batch.id]);
});

test.each([
  [
    'a truncated batch document',
    (id: string) => worker.store.put(ObjectKeys.batchDocument(TENANT, id), Buffer.from('{"id":"batch_')),
  ],
  ['an empty batch document', (id: string) => worker.store.put(ObjectKeys.batchDocument(TENANT, id), Buffer.alloc(0))],
  [
    'a batch document of zeros',
    (id: string) => worker.store.put(ObjectKeys.batchDocument(TENANT, id), Buffer.alloc(512)),
  ],
  [
    'a batch document without members',
    (id: string) => worker.store.put(ObjectKeys.batchDocument(TENANT, id), Buffer.from('{}')),
  ],
])('%s raises one alarm and does not delay other batches and records', async (_, damage) => {
  const damaged = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  await damage(damaged.id);
  await put('pending/x y/batch_1');
  await put(`pending/${TENANT}/z_no_id`);
  const [batch, prediction] = [await worker.acceptBatch(HEADER + ROW.repeat(2), 2), await worker.acceptPrediction()];
  const before = worker.logged.length;
  const deps = reconciler();
  for (let pass = 0; pass < 3; pass++) await reconcile(deps, { nowMs: Date.now() + 2 * MINUTE_MS });
  const alarms = worker.logged.slice(before).filter(({ alarm }) => alarm === 'object-corrupt');
  expect(alarms).toHaveLength(1);
  expect(JSON.stringify(alarms)).toContain(damaged.id);
  await drain([batch.id, prediction]);
  expect((await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1))).status).toBe('succeeded');
  await worker.store.delete(ObjectKeys.pending(TENANT, damaged.id));
});

test('an unreadable batch and record raise one alarm each and do not delay others', async () => {
  const [damaged, damagedRecord] = [
    await worker.acceptBatch(HEADER + ROW.repeat(2), 2),
    await worker.acceptPrediction(),
  ];
  const keys = [ObjectKeys.batchDocument(TENANT, damaged.id), ObjectKeys.predictionRequest(TENANT, damagedRecord)];
  for (const key of keys) replaceByLinkLoop(worker.store.url, key);
  const [batch, prediction] = [await worker.acceptBatch(HEADER + ROW.repeat(2), 2), await worker.acceptPrediction()];
  const before = worker.logged.length;
  const deps = reconciler();
  for (let pass = 0; pass < 3; pass++) await reconcile(deps, { nowMs: Date.now() + 2 * MINUTE_MS });
  expect(worker.logged.slice(before).filter(({ alarm }) => alarm === 'object-unreadable')).toHaveLength(2);
  await drain([batch.id, prediction]);
  expect((await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1))).status).toBe('succeeded');
  for (const id of [damaged.id, damagedRecord]) await worker.store.delete(ObjectKeys.pending(TENANT, id));
});

test('a damaged request fails its own prediction only', async () => {
  const [damaged, intact] = [await worker.acceptPrediction(), await worker.acceptPrediction()];
  await worker.store.put(ObjectKeys.predictionRequest(TENANT, damaged), Buffer.from('{"id":"pred_'));
  await drain([damaged, intact]);
  expect(await worker.json(ObjectKeys.predictionCompletion(TENANT, damaged))).toMatchObject({ status: 'failed' });
  expect(await worker.json(ObjectKeys.predictionCompletion(TENANT, intact))).toMatchObject({ status: 'succeeded' });
});
