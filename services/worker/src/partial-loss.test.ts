import { BatchProgress, KeyUpkeep, Producer, REDIS_PREFIX, createProducerConnection, jobIds, queueNames } from '@cytoqueue/queue';
import { type BatchRecord, DamageReport, type Manifest, ObjectKeys } from '@cytoqueue/storage';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { reconcile, tidyKeys } from './reconciler';

/*
 * Any part of what Redis holds of a flow may be lost: single keys, single entries, random subsets. Whatever is lost, the
 * batch finishes with the right bytes after passes of the reconciler, beside workers that are running.
 */

jest.setTimeout(600_000);

const SHARDS = 4;
const FILE = HEADER + ROW.repeat(2 * SHARDS);
const FINALIZE = `${REDIS_PREFIX}:${queueNames.finalize}`;
const SHARD = `${REDIS_PREFIX}:${queueNames.shards}`;

let redis: RedisProcess;
let worker: RunningWorker;
let connection: Redis;
let producer: Producer;
let undisturbed: Buffer;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  connection = createProducerConnection(redis.url, () => undefined);
  producer = new Producer(connection, () => undefined);
  await waitUntil('Redis is there', () => connection.status === 'ready');
  const record = await enqueued();
  await finish(record);
  undisturbed = await worker.store.get(ObjectKeys.runResults(TENANT, record.id, 1));
});

afterEach(() => connection.flushall());

afterAll(async () => {
  await producer?.stop();
  connection?.disconnect();
  await worker?.stop();
  await redis?.down();
});

/** A batch in the queue, with some of its shards delayed as in an outage of the store. */
async function enqueued({ delayed = 0 } = {}): Promise<BatchRecord> {
  const record = await worker.acceptBatch(FILE, 2);
  await producer.enqueueBatch({ tenant: TENANT, batchId: record.id, run: 1, shards: record.shards.map(({ rows }, shard) => ({ shard, rows })) });
  const ids = Array.from({ length: delayed }, (_, shard) => jobIds.shard(record.id, 1, shard));
  for (const id of ids) {
    await connection.zrem(`${SHARD}:prioritized`, id);
    await connection.zadd(`${SHARD}:delayed`, Date.now() * 4_096, id);
  }
  return record;
}

async function pass(): Promise<number> {
  const { store, metrics, logger } = worker.services;
  const damage = new DamageReport(logger, () => metrics.checksumMismatch());
  await tidyKeys({ logger }, new KeyUpkeep(connection));
  return reconcile({ store, producer, redis: connection, metrics, damage, logger }, { nowMs: Date.now() + 2 * 60_000 });
}

const DEAD = 'token of a dead worker';

/** As if a minute had passed since dead workers renewed their locks. The next worker's first look finds their jobs. */
async function passLockTime(): Promise<void> {
  for (const queue of [SHARD, FINALIZE]) {
    const active = await connection.lrange(`${queue}:active`, 0, -1);
    if (active.length > 0) await connection.sadd(`${queue}:stalled`, ...active);
    await connection.del(`${queue}:stalled-check`);
    for (const lock of await connection.keys(`${queue}:*:lock`)) if ((await connection.get(lock)) === DEAD) await connection.del(lock);
  }
}

async function finish(record: BatchRecord): Promise<Manifest> {
  const hasEnded = async () => {
    await pass();
    return !(await worker.isPending(record.id));
  };
  await passLockTime();
  await worker.whileConsuming(() => waitUntil('the batch has ended', hasEnded));
  return worker.json<Manifest>(ObjectKeys.runManifest(TENANT, record.id, 1));
}

const WHOLE = { status: 'succeeded', failed: [], succeeded: 2 * SHARDS, isAsUndisturbed: true };

async function outcome(record: BatchRecord): Promise<typeof WHOLE> {
  const { status, failed_shards, counts } = await finish(record);
  const results = await worker.store.get(ObjectKeys.runResults(TENANT, record.id, 1));
  return { status, failed: failed_shards as never[], succeeded: counts.succeeded, isAsUndisturbed: results.equals(undisturbed) };
}

/** Everything that Redis holds: whole keys, and the entries of lists, sets and hashes. */
async function partsOf(): Promise<string[][]> {
  const parts: string[][] = [];
  for (const key of (await connection.keys('*')).sort()) {
    parts.push(['DEL', key]);
    const type = await connection.type(key);
    if (type === 'zset') for (const member of await connection.zrange(key, '0', '-1')) parts.push(['ZREM', key, member]);
    if (type === 'list') for (const member of await connection.lrange(key, 0, -1)) parts.push(['LREM', key, '0', member]);
    if (type === 'set') for (const member of await connection.smembers(key)) parts.push(['SREM', key, member]);
    if (type === 'hash') for (const field of await connection.hkeys(key)) parts.push(['HDEL', key, field]);
  }
  return parts;
}

async function lose(parts: readonly string[][]): Promise<void> {
  for (const [command = '', ...args] of parts) await connection.call(command, ...args);
}

type Loss = [name: string, lose: (record: BatchRecord) => Promise<unknown>];
const shardKey = ({ id }: BatchRecord, shard: number) => `${SHARD}:${jobIds.shard(id, 1, shard)}`;
const finalizeKey = ({ id }: BatchRecord) => `${FINALIZE}:${jobIds.finalize(id, 1)}`;

const losses: Loss[] = [
  ["one shard's hash", (record) => connection.del(shardKey(record, 1))],
  ["every shard's hash", (record) => connection.del(...record.shards.map((_, shard) => shardKey(record, shard)))],
  ["the finalizer's hash", (record) => connection.del(finalizeKey(record))],
  ['the dependencies', (record) => connection.del(`${finalizeKey(record)}:dependencies`)],
  ['one dependency', (record) => connection.srem(`${finalizeKey(record)}:dependencies`, shardKey(record, 2))],
  ['the waiting-children entry', () => connection.del(`${FINALIZE}:waiting-children`)],
  ['the line of shards', () => connection.del(`${SHARD}:prioritized`)],
  ['one entry of the line', ({ id }) => connection.zrem(`${SHARD}:prioritized`, jobIds.shard(id, 1, 3))],
  ['the delayed shards', () => connection.del(`${SHARD}:delayed`)],
  ["a shard's parent", (record) => connection.hdel(shardKey(record, 1), 'parentKey', 'parent')],
  ["a shard's options", (record) => connection.hdel(shardKey(record, 1), 'opts')],
  ['a readable payload', (record) => connection.hset(shardKey(record, 1), 'data', '{"v":1,"ten')],
  ["the finalizer's readable payload", (record) => connection.hset(finalizeKey(record), 'data', '\0\0\0\0')],
  ['markers, meta and counters', () => connection.del(...[SHARD, FINALIZE].flatMap((queue) => ['marker', 'meta', 'id', 'pc', 'events'].map((name) => `${queue}:${name}`)))],
  ['progress and fair shares', async () => connection.del(...(await connection.keys(`${REDIS_PREFIX}:progress:*`)), `${REDIS_PREFIX}:fair:clock`, `${REDIS_PREFIX}:fair:tenants`)],
  ['everything', () => connection.flushall()],
];

test.each(losses)('a queued batch finishes after the loss of %s', async (_, loss) => {
  const record = await enqueued({ delayed: 1 });
  await loss(record);
  expect(await outcome(record)).toEqual(WHOLE);
});

test.each(losses)('a batch whose workers died while it ran finishes after the loss of %s', async (_, loss) => {
  const record = await enqueued();
  await takeOver(record);
  await loss(record);
  expect(await outcome(record)).toEqual(WHOLE);
});

/** One shard is active, with the lock of a worker that died, as in the middle of a run. */
async function takeOver(record: BatchRecord): Promise<void> {
  const id = jobIds.shard(record.id, 1, 0);
  await connection.zrem(`${SHARD}:prioritized`, id);
  await connection.lpush(`${SHARD}:active`, id);
  await connection.set(`${SHARD}:${id}:lock`, DEAD, 'PX', 60_000);
}

test.each([
  ['the active list', () => connection.del(`${SHARD}:active`)],
  ['the lock', (record: BatchRecord) => connection.del(`${shardKey(record, 0)}:lock`)],
  ['both', (record: BatchRecord) => connection.del(`${SHARD}:active`, `${shardKey(record, 0)}:lock`)],
])('a shard that was being scored is scored after the loss of %s', async (_, loss) => {
  const record = await enqueued();
  await takeOver(record);
  await loss(record);
  expect(await outcome(record)).toEqual(WHOLE);
});

test('a prediction is scored after the loss of its hash, its place or its payload', async () => {
  const queue = `${REDIS_PREFIX}:${queueNames.predictions}`;
  const ids = await Promise.all(Array.from({ length: 4 }, () => worker.acceptPrediction()));
  for (const id of ids) await producer.enqueuePrediction({ tenant: TENANT, predictionId: id });
  await connection.del(`${queue}:${ids[0]}`);
  await connection.lrem(`${queue}:wait`, 0, ids[1] as string);
  await connection.hset(`${queue}:${ids[2]}`, 'data', 'not JSON');
  const areScored = async () => {
    await pass();
    return (await Promise.all(ids.map((id) => worker.isPending(id)))).every((pending) => !pending);
  };
  await worker.whileConsuming(() => waitUntil('all are scored', areScored));
  for (const id of ids) expect(await worker.json(ObjectKeys.predictionResult(TENANT, id))).toMatchObject({ status: 'succeeded' });
});

test('a canceled batch ends after the loss of its finalizer', async () => {
  const record = await enqueued();
  await worker.store.put(ObjectKeys.runCancel(TENANT, record.id, 1), Buffer.from('{}'));
  await connection.del(finalizeKey(record), `${finalizeKey(record)}:dependencies`);
  expect((await finish(record)).status).toBe('canceled');
});

test.each<Loss>([
  ["a shard's hash", (record) => connection.set(shardKey(record, 1), 'x')],
  ["the finalizer's hash", (record) => connection.set(finalizeKey(record), 'x')],
  ['the dependencies', (record) => connection.set(`${finalizeKey(record)}:dependencies`, 'x')],
  ['what became of the shards', (record) => connection.set(`${finalizeKey(record)}:processed`, 'x')],
  ['the waiting-children entry', () => connection.set(`${FINALIZE}:waiting-children`, 'x')],
  ['the line of shards', () => connection.set(`${SHARD}:prioritized`, 'x')],
  ['the delayed shards', () => connection.set(`${SHARD}:delayed`, 'x')],
  ['the active shards', () => connection.set(`${SHARD}:active`, 'x')],
  ['the finished finalizers', () => connection.set(`${FINALIZE}:completed`, 'x')],
  ['the meta hash and the events', () => connection.mset(`${SHARD}:meta`, 'x', `${SHARD}:events`, 'x', `${FINALIZE}:marker`, 'x')],
  ['progress and fair shares', ({ id }) => connection.mset(`${REDIS_PREFIX}:progress:${id}:1`, 'x', `${REDIS_PREFIX}:fair:tenants`, 'x', `${REDIS_PREFIX}:pace`, 'x')],
])('a batch finishes after a foreign command has given %s another type', async (_, overwrite) => {
  const record = await enqueued({ delayed: 1 });
  await overwrite(record);
  await pass();
  expect(await outcome(record)).toEqual(WHOLE);
});

test('a run that can finish is left alone, in every state on its way', async () => {
  const record = await enqueued({ delayed: 2 });
  expect(await pass()).toBe(0);
  await takeOver(record);
  expect(await pass()).toBe(0);
  await passLockTime();
  const passes: number[] = [];
  const hasEnded = async () => {
    if (await worker.isPending(record.id)) passes.push(await pass());
    return !(await worker.isPending(record.id));
  };
  await worker.whileConsuming(() => waitUntil('it has ended', hasEnded));
  expect(passes.filter((enqueuedAgain) => enqueuedAgain > 0)).toEqual([]);
});

test('whatever subset of keys and entries is lost, before or while workers run, the batch finishes with the same bytes', async () => {
  const subset = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(subset, fc.boolean(), fc.nat(3), fc.boolean(), async (picks, isStarted, delayed, isRunning) => {
    await connection.flushall();
    const record = await enqueued({ delayed });
    if (isStarted) await takeOver(record);
    const loseAndFinish = async () => {
      const parts = await partsOf();
      await lose(picks.map((pick) => parts[pick % parts.length] as string[]));
      return outcome(record);
    };
    expect(await (isRunning ? worker.whileConsuming(loseAndFinish) : loseAndFinish())).toEqual(WHOLE);
  });
  await fc.assert(property, { numRuns: 25 });
});

test('a run of many shards is checked in pieces', async () => {
  const shards = Array.from({ length: 2_000 }, (_, shard) => ({ shard, rows: 10 }));
  await producer.enqueueBatch({ tenant: TENANT, batchId: 'batch_large', run: 1, shards });
  expect(await producer.canRunFinish('batch_large', 1)).toBe(true);
  await connection.del(`${SHARD}:${jobIds.shard('batch_large', 1, 1_999)}`);
  expect(await producer.canRunFinish('batch_large', 1)).toBe(false);
  expect(await new BatchProgress(connection).read('batch_large', 1)).toMatchObject({ whole: true });
});
