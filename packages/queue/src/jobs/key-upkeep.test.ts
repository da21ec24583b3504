import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import {
  KeyUpkeep,
  JobProducer,
  REDIS_PREFIX,
  createProducerConnection,
  createWorkerConnection,
  queueNames,
} from '../index';

const HOUR_MS = 3_600_000;
const QUEUE = `${REDIS_PREFIX}:${queueNames.predictions}`;

let redis: RedisProcess;
let connection: Redis;
let producer: JobProducer;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createProducerConnection(redis.url, () => undefined);
  producer = new JobProducer(connection, () => undefined);
  await waitUntil('Redis is ready', () => connection.status === 'ready');
});

afterEach(() => connection.flushall());

afterAll(async () => {
  await producer?.stop();
  connection?.disconnect();
  await redis?.down();
});

const enqueue = (predictionId: string) => producer.enqueuePrediction({ tenant: 'lab', predictionId });
const keysOf = (pattern: string) => connection.keys(`${QUEUE}:${pattern}`);

async function finishAll(): Promise<void> {
  const workerConnection = createWorkerConnection(redis.url, () => undefined);
  const worker = new Worker(queueNames.predictions, async () => undefined, {
    connection: workerConnection,
    prefix: REDIS_PREFIX,
  });
  await waitUntil(
    'every job has finished',
    async () => (await producer.waitingJobs()) === 0 && (await connection.llen(`${QUEUE}:active`)) === 0,
  );
  await worker.close();
  workerConnection.disconnect();
}

test('orphaned jobs are removed: finished ones at once, others after a day; all other jobs are kept', async () => {
  for (const id of ['pred_1', 'pred_2']) await enqueue(id);
  await producer.enqueueBatch({ tenant: 'lab', batchId: 'batch_1', run: 1, shards: [{ shard: 0, rows: 1 }] });
  await connection.zrem(`${REDIS_PREFIX}:${queueNames.shards}:prioritized`, 'batch_1.1.0');
  await finishAll();
  await enqueue('pred_waiting');
  const upkeep = new KeyUpkeep(connection);
  const before = (await connection.keys('*')).sort();
  expect(await upkeep.runPass()).toEqual({ mistyped: [], orphaned: 0 });
  expect((await connection.keys('*')).sort()).toEqual(before);
  await connection.del(`${QUEUE}:completed`);
  expect(await upkeep.runPass()).toEqual({ mistyped: [], orphaned: 2 });
  expect([await keysOf('pred_[12]*'), await keysOf('pred_waiting')]).toEqual([[], [`${QUEUE}:pred_waiting`]]);
  // The orphaned shard is unfinished: its batch may still be re-enqueued.
  expect(await upkeep.runPass(Date.now() + 25 * HOUR_MS)).toEqual({ mistyped: [], orphaned: 1 });
  expect(await connection.exists(`${REDIS_PREFIX}:${queueNames.shards}:batch_1.1.0`)).toBe(0);
  expect(await keysOf('pred_waiting')).toHaveLength(1);
});

test('keys of the wrong type are removed and all other keys are kept', async () => {
  for (let index = 0; index < 1_200; index++) await connection.set(`${REDIS_PREFIX}:sign-in:${index}`, '1');
  await enqueue('pred_1');
  await connection.set(`${QUEUE}:pred_2`, 'x');
  await connection.sadd(`${QUEUE}:completed`, 'x');
  const upkeep = new KeyUpkeep(connection);
  expect((await upkeep.runPass()).mistyped.sort()).toEqual([`${QUEUE}:completed`, `${QUEUE}:pred_2`]);
  expect(await keysOf('pred_*')).toEqual([`${QUEUE}:pred_1`]);
  expect(await connection.keys(`${REDIS_PREFIX}:sign-in:*`)).toHaveLength(1_200);
});

test("a tenant's, a minute's, a batch's or a model's key of another type is removed, and any of the right type is kept", async () => {
  const hashes = ['outbox', 'sums:29931650', 'sums:29931650:sent', 'stored-inputs:lab', 'pace', 'pace:sha256:0a1b'];
  const strings = ['stored-inputs:lab:changes', 'counted:batch_1', 'rate:lab', 'signed-out:s1', 'swept'];
  const put = async (names: string[], type: 'hash' | 'string') => {
    for (const name of names)
      await (type === 'hash'
        ? connection.hset(`${REDIS_PREFIX}:${name}`, 'x', 1)
        : connection.set(`${REDIS_PREFIX}:${name}`, 1));
  };
  await put(hashes, 'hash');
  await put(strings, 'string');
  expect((await new KeyUpkeep(connection).runPass()).mistyped).toEqual([]);
  await connection.flushall();
  await put(hashes, 'string');
  await put(strings, 'hash');
  const removed = (await new KeyUpkeep(connection).runPass()).mistyped.sort();
  expect(removed).toEqual([...hashes, ...strings].map((name) => `${REDIS_PREFIX}:${name}`).sort());
});
