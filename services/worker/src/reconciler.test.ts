import { Producer, createProducerConnection } from '@cytoqueue/queue';
import { type Manifest, ObjectKeys, createId } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { createConsumers } from './consumers';
import { reconcile } from './reconciler';

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

const reconcileAt = (aheadMs: number) => reconcile({ store: worker.store, producer, redis: connection, metrics: worker.services.metrics, logger: worker.services.logger }, Date.now() + aheadMs);

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
