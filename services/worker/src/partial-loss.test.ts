import { BatchProgress, KeyUpkeep, type JobProducer, REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { type BatchDocument, DamageReport, type ManifestDocument, ObjectKeys } from '@cytoqueue/records';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { readResults } from '../../../test/src/support/result-file';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { reconcile, tidyKeys } from './jobs/reconciler';

/*
 * Redis may lose any part of a flow: single keys, single entries or random subsets. The batch must still finish with
 * the correct bytes after passes of the reconciler, beside running workers.
 */

const SHARDS = 4;
const FILE = HEADER + ROW.repeat(2 * SHARDS);
const FINALIZE = `${REDIS_PREFIX}:${queueNames.finalize}`;
const SHARD = `${REDIS_PREFIX}:${queueNames.shards}`;

let worker: RunningWorker;
let connection: Redis;
let producer: JobProducer;
let undisturbed: Buffer;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ connection, producer } = worker);
  const batch = await enqueued();
  await finish(batch);
  undisturbed = await readResults(worker.store, TENANT, batch.id);
});

afterEach(() => connection.flushall());

afterAll(() => worker?.stop());

/** Enqueues a batch, with some of its shards delayed as in an outage of the store. */
async function enqueued({ delayed = 0 } = {}): Promise<BatchDocument> {
  const batch = await worker.acceptBatch(FILE, 2);
  await producer.enqueueBatch({
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
    shards: batch.shards.map(({ rows }, shard) => ({ shard, rows })),
  });
  const ids = Array.from({ length: delayed }, (_, shard) => jobIds.shard(batch.id, 1, shard));
  for (const id of ids) {
    await connection.zrem(`${SHARD}:prioritized`, id);
    await connection.zadd(`${SHARD}:delayed`, Date.now() * 4_096, id);
  }
  return batch;
}

async function pass(): Promise<number> {
  const { store, metrics, logger } = worker.deps;
  const damage = new DamageReport(logger, () => metrics.checksumMismatch());
  await tidyKeys({ logger }, new KeyUpkeep(connection));
  return reconcile({ store, producer, redis: connection, metrics, damage, logger }, { nowMs: Date.now() + 2 * 60_000 });
}

const CRASHED_WORKER = 'token of a crashed worker';

/** Expires the locks of crashed workers, so that the next worker's first check finds their jobs. */
async function passLockTime(): Promise<void> {
  for (const queue of [SHARD, FINALIZE]) {
    const active = await connection.lrange(`${queue}:active`, 0, -1);
    if (active.length > 0) await connection.sadd(`${queue}:stalled`, ...active);
    await connection.del(`${queue}:stalled-check`);
    for (const lock of await connection.keys(`${queue}:*:lock`))
      if ((await connection.get(lock)) === CRASHED_WORKER) await connection.del(lock);
  }
}

async function finish(batch: BatchDocument): Promise<ManifestDocument> {
  const isFinished = async () => {
    await pass();
    return !(await worker.isPending(batch.id));
  };
  await passLockTime();
  await worker.whileConsuming(() => waitUntil('the batch is finished', isFinished));
  return worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
}

const INTACT = { status: 'succeeded', failed: [], succeeded: 2 * SHARDS, isAsUndisturbed: true };

async function outcome(batch: BatchDocument): Promise<typeof INTACT> {
  const { status, failed_shards, counts } = await finish(batch);
  const results = await readResults(worker.store, TENANT, batch.id);
  return {
    status,
    failed: failed_shards as never[],
    succeeded: counts.succeeded,
    isAsUndisturbed: results.equals(undisturbed),
  };
}

/** Commands that delete everything in Redis: whole keys, and single entries of lists, sets and hashes. */
async function partsOf(): Promise<string[][]> {
  const parts: string[][] = [];
  for (const key of (await connection.keys('*')).sort()) {
    parts.push(['DEL', key]);
    const type = await connection.type(key);
    if (type === 'zset')
      for (const member of await connection.zrange(key, '0', '-1')) parts.push(['ZREM', key, member]);
    if (type === 'list')
      for (const member of await connection.lrange(key, 0, -1)) parts.push(['LREM', key, '0', member]);
    if (type === 'set') for (const member of await connection.smembers(key)) parts.push(['SREM', key, member]);
    if (type === 'hash') for (const field of await connection.hkeys(key)) parts.push(['HDEL', key, field]);
  }
  return parts;
}

async function lose(parts: readonly string[][]): Promise<void> {
  for (const [command = '', ...args] of parts) await connection.call(command, ...args);
}

type Loss = [name: string, lose: (batch: BatchDocument) => Promise<unknown>];
const shardKey = ({ id }: BatchDocument, shard: number) => `${SHARD}:${jobIds.shard(id, 1, shard)}`;
const finalizeKey = ({ id }: BatchDocument) => `${FINALIZE}:${jobIds.finalize(id, 1)}`;

const losses: Loss[] = [
  ["one shard's hash", (batch) => connection.del(shardKey(batch, 1))],
  ["every shard's hash", (batch) => connection.del(...batch.shards.map((_, shard) => shardKey(batch, shard)))],
  ["the finalizer's hash", (batch) => connection.del(finalizeKey(batch))],
  ['the dependencies', (batch) => connection.del(`${finalizeKey(batch)}:dependencies`)],
  ['one dependency', (batch) => connection.srem(`${finalizeKey(batch)}:dependencies`, shardKey(batch, 2))],
  ['the waiting-children entry', () => connection.del(`${FINALIZE}:waiting-children`)],
  ['the list of waiting shards', () => connection.del(`${SHARD}:prioritized`)],
  ['one entry of that list', ({ id }) => connection.zrem(`${SHARD}:prioritized`, jobIds.shard(id, 1, 3))],
  ['the delayed shards', () => connection.del(`${SHARD}:delayed`)],
  ["a shard's parent", (batch) => connection.hdel(shardKey(batch, 1), 'parentKey', 'parent')],
  ["a shard's options", (batch) => connection.hdel(shardKey(batch, 1), 'opts')],
  ["a shard's payload", (batch) => connection.hset(shardKey(batch, 1), 'data', '{"v":1,"ten')],
  ["the finalizer's payload", (batch) => connection.hset(finalizeKey(batch), 'data', '\0\0\0\0')],
  [
    'markers, meta and counters',
    () =>
      connection.del(
        ...[SHARD, FINALIZE].flatMap((queue) =>
          ['marker', 'meta', 'id', 'pc', 'events'].map((name) => `${queue}:${name}`),
        ),
      ),
  ],
  [
    'progress and fair shares',
    async () =>
      connection.del(
        ...(await connection.keys(`${REDIS_PREFIX}:progress:*`)),
        `${REDIS_PREFIX}:fair:clock`,
        `${REDIS_PREFIX}:fair:tenants`,
      ),
  ],
  ['everything', () => connection.flushall()],
];

test.each(losses)('a queued batch finishes after the loss of %s', async (_, loss) => {
  const batch = await enqueued({ delayed: 1 });
  await loss(batch);
  expect(await outcome(batch)).toEqual(INTACT);
});

test.each(losses)('a batch whose workers crashed finishes after the loss of %s', async (_, loss) => {
  const batch = await enqueued();
  await markActive(batch);
  await loss(batch);
  expect(await outcome(batch)).toEqual(INTACT);
});

/** Makes one shard active with the lock of a crashed worker, as in the middle of a run. */
async function markActive(batch: BatchDocument): Promise<void> {
  const id = jobIds.shard(batch.id, 1, 0);
  await connection.zrem(`${SHARD}:prioritized`, id);
  await connection.lpush(`${SHARD}:active`, id);
  await connection.set(`${SHARD}:${id}:lock`, CRASHED_WORKER, 'PX', 60_000);
}

test.each([
  ['the active list', () => connection.del(`${SHARD}:active`)],
  ['the lock', (batch: BatchDocument) => connection.del(`${shardKey(batch, 0)}:lock`)],
  ['both', (batch: BatchDocument) => connection.del(`${SHARD}:active`, `${shardKey(batch, 0)}:lock`)],
])('an active shard is scored after the loss of %s', async (_, loss) => {
  const batch = await enqueued();
  await markActive(batch);
  await loss(batch);
  expect(await outcome(batch)).toEqual(INTACT);
});

test('a prediction is scored after the loss of its hash, its list entry or its payload', async () => {
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
  await worker.whileConsuming(() => waitUntil('all records are scored', areScored));
  for (const id of ids)
    expect(await worker.json(ObjectKeys.predictionCompletion(TENANT, id))).toMatchObject({ status: 'succeeded' });
});

test('a canceled batch is completed after the loss of its finalizer', async () => {
  const batch = await enqueued();
  await worker.store.put(ObjectKeys.runCancel(TENANT, batch.id, 1), Buffer.from('{}'));
  await connection.del(finalizeKey(batch), `${finalizeKey(batch)}:dependencies`);
  expect((await finish(batch)).status).toBe('canceled');
});

test.each<Loss>([
  ["a shard's hash", (batch) => connection.set(shardKey(batch, 1), 'x')],
  ["the finalizer's hash", (batch) => connection.set(finalizeKey(batch), 'x')],
  ['the dependencies', (batch) => connection.set(`${finalizeKey(batch)}:dependencies`, 'x')],
  ['the results of the shards', (batch) => connection.set(`${finalizeKey(batch)}:processed`, 'x')],
  ['the waiting-children entry', () => connection.set(`${FINALIZE}:waiting-children`, 'x')],
  ['the list of waiting shards', () => connection.set(`${SHARD}:prioritized`, 'x')],
  ['the delayed shards', () => connection.set(`${SHARD}:delayed`, 'x')],
  ['the active shards', () => connection.set(`${SHARD}:active`, 'x')],
  ['the finished finalizers', () => connection.set(`${FINALIZE}:completed`, 'x')],
  [
    'the meta hash and the events',
    () => connection.mset(`${SHARD}:meta`, 'x', `${SHARD}:events`, 'x', `${FINALIZE}:marker`, 'x'),
  ],
  [
    'progress and fair shares',
    ({ id }) =>
      connection.mset(
        `${REDIS_PREFIX}:progress:${id}:1`,
        'x',
        `${REDIS_PREFIX}:fair:tenants`,
        'x',
        `${REDIS_PREFIX}:pace`,
        'x',
      ),
  ],
])('a batch finishes after another client has changed the type of %s', async (_, overwrite) => {
  const batch = await enqueued({ delayed: 1 });
  await overwrite(batch);
  await pass();
  expect(await outcome(batch)).toEqual(INTACT);
});

test('the reconciler does not touch a run that can finish, in any state', async () => {
  const batch = await enqueued({ delayed: 2 });
  expect(await pass()).toBe(0);
  await markActive(batch);
  expect(await pass()).toBe(0);
  await passLockTime();
  const passes: number[] = [];
  const isFinished = async () => {
    if (await worker.isPending(batch.id)) passes.push(await pass());
    return !(await worker.isPending(batch.id));
  };
  await worker.whileConsuming(() => waitUntil('the batch is finished', isFinished));
  expect(passes.filter((enqueuedAgain) => enqueuedAgain > 0)).toEqual([]);
});

test('a batch finishes with the same bytes after the loss of any keys and entries, before or during the run', async () => {
  const subset = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(
    subset,
    fc.boolean(),
    fc.nat(3),
    fc.boolean(),
    async (picks, isStarted, delayed, isRunning) => {
      await connection.flushall();
      const batch = await enqueued({ delayed });
      if (isStarted) await markActive(batch);
      const loseAndFinish = async () => {
        const parts = await partsOf();
        await lose(picks.map((pick) => parts[pick % parts.length] as string[]));
        return outcome(batch);
      };
      expect(await (isRunning ? worker.whileConsuming(loseAndFinish) : loseAndFinish())).toEqual(INTACT);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

test('a run of many shards is checked in several calls', async () => {
  const shards = Array.from({ length: 2_000 }, (_, shard) => ({ shard, rows: 10 }));
  await producer.enqueueBatch({ tenant: TENANT, batchId: 'batch_large', run: 1, shards });
  expect(await producer.canRunFinish('batch_large', 1)).toBe(true);
  await connection.del(`${SHARD}:${jobIds.shard('batch_large', 1, 1_999)}`);
  expect(await producer.canRunFinish('batch_large', 1)).toBe(false);
  expect(await new BatchProgress(connection).read('batch_large', 1)).toMatchObject({ hasAllCounts: true });
});
