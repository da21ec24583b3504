import { Producer, createProducerConnection } from '@cytoqueue/queue';
import { DamageReport, type Manifest, ObjectKeys, createId } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { replaceByLinkLoop } from '../../../test/src/support/link-loop';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { createConsumers } from './consumers';
import { Finalizer } from './jobs/finalize';
import { BatchRecords } from './jobs/shard';
import { type ReconcilerServices, reconcile } from './reconciler';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let redis: RedisProcess;
let worker: RunningWorker;
let connection: Redis;
let producer: Producer;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  connection = createProducerConnection(redis.url, () => undefined);
  producer = new Producer(connection, () => undefined);
  await waitUntil('Redis is there', () => connection.status === 'ready');
});

afterEach(async () => {
  await connection.flushall();
});

afterAll(async () => {
  await producer?.stop();
  connection?.disconnect();
  await worker?.stop();
  await redis?.down();
});

const reconciler = (): ReconcilerServices => {
  const { store, metrics, logger } = worker.services;
  return { store, producer, redis: connection, metrics, damage: new DamageReport(logger, () => metrics.checksumMismatch()), logger };
};
const reconcileAt = (aheadMs: number) => reconcile(reconciler(), { nowMs: Date.now() + aheadMs });

test('what is young is left alone, and what is old or from the future is enqueued, once', async () => {
  const { id } = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  expect(await reconcileAt(0)).toBe(0);
  expect(await producer.runState(id, 1)).toBe('unknown');
  expect(await reconcileAt(-HOUR_MS)).toBe(1);
  expect(await producer.runState(id, 1)).toBe('queued');
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(0);
  await worker.store.delete(ObjectKeys.pending(TENANT, id));
});

test('a marker of nothing yet is no orphan, though a clock is an hour ahead; after a day it is', async () => {
  const key = ObjectKeys.pending(TENANT, createId('pred_'));
  await worker.store.put(key, Buffer.alloc(0));
  await reconcileAt(HOUR_MS);
  expect(await worker.store.head(key)).toBeDefined();
  await reconcileAt(25 * HOUR_MS);
  expect(await worker.store.head(key)).toBeUndefined();
});

test('several reconcilers at once, beside two workers: one manifest, one object a shard, nothing pending', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(40), 2);
  const consumers = [createConsumers(worker.services), createConsumers(worker.services)];
  for (const each of consumers) each.start();
  // One may find a job locked by a worker: it leaves the rest to the next turn.
  const failures: unknown[] = [];
  const turn = () => reconcileAt(2 * MINUTE_MS).catch((error: unknown) => void failures.push(error));
  await Promise.all(Array.from({ length: 4 }, turn));
  await waitUntil('the batch has ended', async () => {
    await turn();
    return !(await worker.isPending(record.id));
  });
  for (const error of failures) expect((error as Error).message).toMatch(/could not be removed because it is locked/);
  await Promise.all(consumers.map((each) => each.stop()));
  const manifest = await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 40, succeeded: 40 }, failed_shards: [] });
  const { objects } = await worker.store.list({ prefix: ObjectKeys.batchPrefix(TENANT, record.id) });
  expect(objects.filter(({ key }) => key.endsWith('.shard'))).toHaveLength(record.shards.length);
  expect(objects.filter(({ key }) => key.endsWith('manifest.json'))).toHaveLength(1);
});

const put = (key: string) => worker.store.put(key, Buffer.alloc(0));
const openRun = (id: string, run: number) => worker.store.put(ObjectKeys.runRecord(TENANT, id, run), Buffer.from('{}'));

async function drain(ids: readonly string[]): Promise<void> {
  const isDrained = async () => {
    await reconcileAt(2 * MINUTE_MS).catch(() => undefined);
    const { objects } = await worker.store.list({ prefix: ObjectKeys.pendingPrefix });
    return !objects.some(({ key }) => ids.some((id) => key.includes(id)));
  };
  await worker.whileConsuming(() => waitUntil('nothing is pending', isDrained));
}

test('ending a run keeps the marker that a retry has written meanwhile, and the retry survives an emptied Redis', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  const job = { v: 1 as const, tenant: TENANT, batchId: record.id, run: 1 };
  await new Finalizer(worker.services, new BatchRecords(worker.store)).giveUp(job);
  // The first run's finalizer is delivered again when the retry has opened its run.
  await put(ObjectKeys.pending(TENANT, record.id));
  await put(ObjectKeys.pending(TENANT, record.id, 2));
  await openRun(record.id, 2);
  await new Finalizer(worker.services, new BatchRecords(worker.store)).process(job, new Set());
  expect(await worker.store.head(ObjectKeys.pending(TENANT, record.id))).toBeUndefined();
  expect(await worker.store.head(ObjectKeys.pending(TENANT, record.id, 2))).toBeDefined();
  expect(await producer.canRunFinish(record.id, 2)).toBe(false);
  expect(await reconcileAt(2 * MINUTE_MS)).toBe(1);
  expect(await producer.canRunFinish(record.id, 2)).toBe(true);
  await drain([record.id]);
  expect(await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 2))).toMatchObject({ status: 'succeeded', counts: { succeeded: 4 } });
});

test('a retry that an earlier version accepted, with the marker of run 1, is finished', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  await new Finalizer(worker.services, new BatchRecords(worker.store)).giveUp({ v: 1, tenant: TENANT, batchId: record.id, run: 1 });
  await put(ObjectKeys.pending(TENANT, record.id));
  await openRun(record.id, 2);
  await drain([record.id]);
  expect((await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 2))).status).toBe('succeeded');
});

test('the marker of a retry that died before it opened its run goes after a day, and that of an opened run does not', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  const [orphan, opened] = [3, 2].map((run) => ObjectKeys.pending(TENANT, record.id, run)) as [string, string];
  await put(orphan);
  await put(opened);
  await openRun(record.id, 2);
  await reconcileAt(HOUR_MS);
  expect(await worker.store.head(orphan)).toBeDefined();
  await reconcileAt(25 * HOUR_MS);
  expect([await worker.store.head(orphan), (await worker.store.head(opened)) !== undefined]).toEqual([undefined, true]);
  await drain([record.id]);
});

test.each([
  ['a truncated description', (id: string) => worker.store.put(ObjectKeys.batchRecord(TENANT, id), Buffer.from('{"id":"batch_'))],
  ['an empty description', (id: string) => worker.store.put(ObjectKeys.batchRecord(TENANT, id), Buffer.alloc(0))],
  ['a description of zeros', (id: string) => worker.store.put(ObjectKeys.batchRecord(TENANT, id), Buffer.alloc(512))],
  ['a description without members', (id: string) => worker.store.put(ObjectKeys.batchRecord(TENANT, id), Buffer.from('{}'))],
])('%s keeps no other batch or record waiting, and is an alarm, once', async (_, damage) => {
  const damaged = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  await damage(damaged.id);
  await put('pending/x y/batch_1');
  await put(`pending/${TENANT}/z_no_id`);
  const [batch, prediction] = [await worker.acceptBatch(HEADER + ROW.repeat(2), 2), await worker.acceptPrediction()];
  const before = worker.logged.length;
  const services = reconciler();
  for (let pass = 0; pass < 3; pass++) await reconcile(services, { nowMs: Date.now() + 2 * MINUTE_MS });
  const alarms = worker.logged.slice(before).filter(({ alarm }) => alarm === 'object-corrupt');
  expect(alarms).toHaveLength(1);
  expect(JSON.stringify(alarms)).toContain(damaged.id);
  await drain([batch.id, prediction]);
  expect((await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, batch.id, 1))).status).toBe('succeeded');
  await worker.store.delete(ObjectKeys.pending(TENANT, damaged.id));
});

test('a batch and a record that cannot be read keep no other waiting, and are an alarm, once', async () => {
  const [damaged, damagedRecord] = [await worker.acceptBatch(HEADER + ROW.repeat(2), 2), await worker.acceptPrediction()];
  const keys = [ObjectKeys.batchRecord(TENANT, damaged.id), ObjectKeys.predictionRequest(TENANT, damagedRecord)];
  for (const key of keys) replaceByLinkLoop(worker.store.url, key);
  const [batch, prediction] = [await worker.acceptBatch(HEADER + ROW.repeat(2), 2), await worker.acceptPrediction()];
  const before = worker.logged.length;
  const services = reconciler();
  for (let pass = 0; pass < 3; pass++) await reconcile(services, { nowMs: Date.now() + 2 * MINUTE_MS });
  expect(worker.logged.slice(before).filter(({ alarm }) => alarm === 'object-unreadable')).toHaveLength(2);
  await drain([batch.id, prediction]);
  expect((await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, batch.id, 1))).status).toBe('succeeded');
  for (const id of [damaged.id, damagedRecord]) await worker.store.delete(ObjectKeys.pending(TENANT, id));
});

test('a damaged request ends its record as failed, and no other', async () => {
  const [damaged, whole] = [await worker.acceptPrediction(), await worker.acceptPrediction()];
  await worker.store.put(ObjectKeys.predictionRequest(TENANT, damaged), Buffer.from('{"id":"pred_'));
  await drain([damaged, whole]);
  expect(await worker.json(ObjectKeys.predictionResult(TENANT, damaged))).toMatchObject({ status: 'failed' });
  expect(await worker.json(ObjectKeys.predictionResult(TENANT, whole))).toMatchObject({ status: 'succeeded' });
});
