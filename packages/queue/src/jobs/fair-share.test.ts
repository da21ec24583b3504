import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createWorkerConnection } from '../redis/connection';
import { advanceVirtualClock, reservePriorities } from './fair-share';
import { REDIS_PREFIX, queueNames } from './job-types';

/** The rows of one step of virtual time. */
const STEP = 4_096;

let redis: RedisProcess;
let connection: Redis;
let shards: Queue;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createWorkerConnection(redis.url, () => undefined);
  await waitUntil('Redis is ready', () => connection.status === 'ready');
  shards = new Queue(queueNames.shards, { connection, prefix: REDIS_PREFIX, skipVersionCheck: true });
});

afterAll(async () => {
  await shards?.close();
  connection?.disconnect();
  await redis?.down();
});

beforeEach(() => connection.flushall());

/** Enqueues a tenant's shards like the producer. */
async function enqueue(tenant: string, rows: readonly number[]): Promise<number[]> {
  const priorities = await reservePriorities(connection, tenant, rows);
  await shards.addBulk(
    priorities.map((priority, shard) => ({ name: 'shard', data: { tenant, shard }, opts: { priority } })),
  );
  return priorities;
}

/** Names of the waiting shards in the order of delivery. */
async function order(): Promise<string[]> {
  return (await shards.getPrioritized()).map(
    ({ data }) => `${(data as { tenant: string }).tenant}${(data as { shard: number }).shard}`,
  );
}

test('a shard costs one step per started 4,096 rows, and at least one', async () => {
  expect(await reservePriorities(connection, 'a', [0, 1, STEP, STEP + 1, 10 * STEP])).toEqual([1, 2, 3, 5, 15]);
});

test('a second batch of a tenant comes after its first', async () => {
  expect(await enqueue('a', [STEP, STEP])).toEqual([1, 2]);
  expect(await enqueue('a', [STEP])).toEqual([3]);
});

test('tenants with equal shards alternate; at equal times the shard enqueued first is served first', async () => {
  await enqueue('a', [STEP, STEP, STEP]);
  await enqueue('b', [STEP, STEP, STEP]);
  expect(await order()).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
});

test('three tenants share by rows: twice as large shards are served half as often', async () => {
  await enqueue('a', [2 * STEP, 2 * STEP]);
  await enqueue('b', [STEP, STEP, STEP, STEP]);
  await enqueue('c', [4 * STEP]);
  expect(await order()).toEqual(['b0', 'a0', 'b1', 'b2', 'a1', 'b3', 'c0']);
});

test('a tenant that arrives later starts at the current virtual time', async () => {
  await enqueue('a', Array<number>(5).fill(STEP));
  await advanceVirtualClock(connection, 3);
  expect(await enqueue('b', [STEP, STEP])).toEqual([4, 5]);
});

test('the virtual time never goes back', async () => {
  await enqueue('a', [STEP]);
  await advanceVirtualClock(connection, 7);
  await advanceVirtualClock(connection, 3);
  expect(await reservePriorities(connection, 'b', [STEP])).toEqual([8]);
});

test('the virtual time is reset when no shard is queued or active', async () => {
  await enqueue('a', [STEP, STEP]);
  await advanceVirtualClock(connection, 2);
  await shards.obliterate({ force: true });
  expect(await enqueue('b', [STEP])).toEqual([1]);
  expect(await enqueue('a', [STEP])).toEqual([1]);
});

test('a clock and times that are no numbers count as lost', async () => {
  await enqueue('a', [STEP, STEP, STEP]);
  await connection.set(`${REDIS_PREFIX}:fair:clock`, 'x');
  await connection.hset(`${REDIS_PREFIX}:fair:tenants`, 'a', 'x', 'b', 'x');
  expect(await enqueue('b', [STEP])).toEqual([1]);
  await advanceVirtualClock(connection, 2);
  expect(await enqueue('a', [STEP])).toEqual([3]);
});

test('the virtual time is kept while a shard is active', async () => {
  await enqueue('a', [STEP, STEP]);
  await advanceVirtualClock(connection, 2);
  await shards.obliterate({ force: true });
  await connection.lpush(`${REDIS_PREFIX}:${queueNames.shards}:active`, 'job');
  expect(await reservePriorities(connection, 'a', [STEP])).toEqual([3]);
});

test("no priority exceeds BullMQ's maximum", async () => {
  const largest = 2 ** 21 - 1;
  await enqueue('a', [STEP]);
  await advanceVirtualClock(connection, largest - 1);
  expect(await reservePriorities(connection, 'b', [STEP, STEP, STEP])).toEqual([largest, largest, largest]);
});
