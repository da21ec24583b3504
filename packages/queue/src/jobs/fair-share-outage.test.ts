import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { JobConsumer, PostponeError } from './job-consumer';
import { advanceVirtualClock, reservePriorities } from './fair-share';
import { REDIS_PREFIX, type ShardJob, queueNames } from './job-types';
import { JobProducer } from './job-producer';

let redis: RedisProcess;
let producing: Redis;
let working: Redis;
let producer: JobProducer;
let queue: Queue;

beforeAll(async () => {
  redis = await RedisProcess.start();
  producing = createProducerConnection(redis.url, () => undefined);
  working = createWorkerConnection(redis.url, () => undefined);
  producer = new JobProducer(producing, () => undefined);
  queue = new Queue(queueNames.shards, { connection: working, prefix: REDIS_PREFIX, skipVersionCheck: true });
  await waitUntil('Redis is ready', () => producing.status === 'ready');
});

afterEach(() => working.flushall());

afterAll(async () => {
  await queue?.close();
  await producer?.stop();
  producing?.disconnect();
  working?.disconnect();
  await redis?.down();
});

const enqueue = (tenant: string, count: number) =>
  producer.enqueueBatch({
    tenant,
    batchId: `batch_${tenant}`,
    run: 1,
    shards: Array.from({ length: count }, (_, shard) => ({ shard, rows: 100 })),
  });

/** Processes shards one by one in queue order; `outcome` may postpone them. */
async function work(
  until: (served: string[]) => boolean | Promise<boolean>,
  outcome: (served: readonly string[]) => void = () => undefined,
): Promise<string[]> {
  const served: string[] = [];
  const consumer = new JobConsumer<ShardJob>({
    queue: queueNames.shards,
    connection: working,
    concurrency: 1,
    onFailedForGood: async () => undefined,
    onError: () => undefined,
    process: async ({ data, priority }) => {
      outcome(served);
      served.push(data.tenant);
      await advanceVirtualClock(working, priority);
    },
  });
  consumer.start();
  try {
    await waitUntil('the shards are processed', () => until(served));
  } finally {
    await consumer.stop();
  }
  return served;
}

const HOUR_MS = 3_600_000;

test('a tenant that arrives during a store outage shares with the tenant whose shards the outage delays', async () => {
  const [served, left] = [4, 6];
  await enqueue('old', served + left);
  await work(
    async () => (await queue.getDelayedCount()) === left,
    (before) => {
      if (before.length >= served) throw new PostponeError('test', HOUR_MS);
    },
  );
  await enqueue('new', left);
  for (const job of await queue.getDelayed()) await job.promote();
  const order = await work((all) => all.length === 2 * left);
  const ofOld = order.slice(0, left).filter((tenant) => tenant === 'old').length;
  expect(Math.abs(2 * ofOld - left)).toBeLessThanOrEqual(2);
});

test.each([
  ['waits in the list', `${REDIS_PREFIX}:shards:wait`, 'list'],
  ['is active', `${REDIS_PREFIX}:shards:active`, 'list'],
  ['is delayed', `${REDIS_PREFIX}:shards:delayed`, 'zset'],
  ['is prioritized', `${REDIS_PREFIX}:shards:prioritized`, 'zset'],
  ['of a batch is waited for', `${REDIS_PREFIX}:finalize:waiting-children`, 'zset'],
] as const)('the clock is not reset while a shard %s', async (_, key, kind) => {
  await advanceVirtualClock(working, 5_000);
  if (kind === 'list') await working.rpush(key, 'x');
  else await working.zadd(key, 5_001 * 2 ** 32, 'x');
  expect(await reservePriorities(working, 'new', [100])).toEqual([5_001]);
});

test('the clock is reset when no shard is left, and a lost clock resumes at the first waiting shard', async () => {
  await advanceVirtualClock(working, 5_000);
  expect(await reservePriorities(working, 'new', [100])).toEqual([1]);
  await working.flushall();
  await working.zadd(`${REDIS_PREFIX}:shards:prioritized`, 5_001 * 2 ** 32, 'x');
  expect(await reservePriorities(working, 'new', [100])).toEqual([5_001]);
});
