import { ModelFileError } from '@cytoqueue/classifier';
import { Producer, createProducerConnection } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import { type Manifest, ObjectCorruptError, ObjectKeys, ObjectMismatchError, ObjectNotFoundError, StoreFullError, StoreUnavailableError, decodeShardCounts } from '@cytoqueue/storage';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { ThreadHold } from '../test/thread-hold';
import { createConsumers } from './consumers';
import { toJobError } from './errors';
import { loadShardTask, shardKey } from './jobs/shard';
import { ScoringPool } from './scoring/pool';

let redis: RedisProcess;
let worker: RunningWorker;
let connection: ReturnType<typeof createProducerConnection>;
let producer: Producer;
let consumers: ReturnType<typeof createConsumers>;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  connection = createProducerConnection(redis.url, () => undefined);
  producer = new Producer(connection, () => undefined);
  consumers = createConsumers(worker.services);
  consumers.start();
  await waitUntil('Redis is there', () => connection.status === 'ready');
});

afterAll(async () => {
  await consumers?.stop();
  await worker?.stop();
  await producer?.stop();
  connection?.disconnect();
  await redis?.down();
});

const DOCTORED = `sha256:${'0'.repeat(64)}`;

test('a batch goes through its shards to its manifest, and ids are all that is logged', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(5), 2);
  await producer.enqueueBatch({ tenant: TENANT, batchId: record.id, run: 1, shards: record.shards.map(({ rows }, shard) => ({ shard, rows })) });
  await waitUntil('the batch has ended', async () => !(await worker.isPending(record.id)));
  const manifest = await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 5, succeeded: 5 } });
  await waitUntil('all of it is logged', () => worker.logged.filter(({ msg }) => msg === 'job done').length === 4);
  expect(worker.logged.filter(({ level }) => level > 30)).toEqual([]);
});

test('a model that is not the pinned one is not tried again, and the client is told', async () => {
  const id = await worker.acceptPrediction({ model: { ...worker.pin, digest: DOCTORED } });
  const before = worker.logged.length;
  await producer.enqueuePrediction({ tenant: TENANT, predictionId: id });
  await waitUntil('the prediction has ended', async () => !(await worker.isPending(id)));
  expect(await worker.json(ObjectKeys.predictionResult(TENANT, id))).toMatchObject({ status: 'failed' });
  expect(worker.logged.slice(before).map(({ msg }) => msg)).toEqual(['job given up']);
});

test.each([
  ['a changed row', (bytes: Buffer) => Buffer.from(bytes).fill('9', bytes.length - 12, bytes.length - 11)],
  ['its end cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
  ['a changed count', (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('"indeterminate":0', '"indeterminate":1'), 'latin1')],
  ['a header of zeros', (bytes: Buffer) => Buffer.from(bytes).fill(0, 0, 64)],
  ['no bytes at all', () => Buffer.alloc(0)],
])('a shard object with %s raises an alarm, is set aside, and the shard is scored again', async (_, damage) => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  const job = { tenant: TENANT, run: 1, shards: [{ shard: 0, rows: 2 }] };
  const whole = Buffer.from(await worker.services.pool.score(await loadShardTask(worker.services, TENANT, record, 0)));
  const damaged = damage(whole);
  await worker.store.put(shardKey(TENANT, record, 0), damaged);
  const before = worker.logged.length;
  await producer.enqueueBatch({ ...job, batchId: record.id });
  await waitUntil('the second has ended', async () => !(await worker.isPending(record.id)));
  const manifest = await worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { succeeded: 2 }, failed_shards: [] });
  expect(await worker.store.get(shardKey(TENANT, record, 0))).toEqual(whole);
  expect(await worker.store.get(ObjectKeys.damagedShard(TENANT, record.id, 0, 'wbc-knn@1.0.0'))).toEqual(damaged);
  expect(worker.logged.slice(before).filter(({ alarm }) => alarm !== undefined)).toMatchObject([{ level: 50, alarm: 'object-corrupt' }]);
});

test.each([
  [new ModelFileError('digest-mismatch', 'x'), 'UnrecoverableError'],
  [new ModelDigestError('x'), 'UnrecoverableError'],
  [new UnknownModelError('x'), 'UnrecoverableError'],
  [new ObjectMismatchError('k'), 'UnrecoverableError'],
  [new ObjectCorruptError('k', 'x'), 'UnrecoverableError'],
  [new ObjectNotFoundError('k'), 'UnrecoverableError'],
  [new StoreUnavailableError('x'), 'PostponedError'],
  [new StoreFullError('x'), 'PostponedError'],
  [new TypeError('x'), 'TypeError'],
  ['no error at all', 'Error'],
].map(([error, name]) => [error instanceof Error ? error.constructor.name : error, error, name]))('%s becomes the job error of its kind', (_, error, name) => {
  expect(toJobError(error, 0).name).toBe(name);
});

test('a store that has been away for days costs attempts again', () => {
  expect(toJobError(new StoreUnavailableError('x'), 2 * 86_400_000).name).toBe('StoreUnavailableError');
});

test('the event loop turns while a shard is being scored', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(5), 5);
  const task = await loadShardTask(worker.services, TENANT, record, 0);
  // Its thread waits until this one allows it to score: were it this one, the test would not get there.
  const held = new ThreadHold();
  const pool = new ScoringPool(1, ThreadHold.threadFile);
  try {
    const scoring = pool.score(task);
    await waitUntil('scoring has begun', () => held.isReached());
    held.release();
    expect(decodeShardCounts(await scoring, shardKey(TENANT, record, 0)).succeeded).toBe(5);
  } finally {
    held.release();
    await pool.stop();
  }
});
