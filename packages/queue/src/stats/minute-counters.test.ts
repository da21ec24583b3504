import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createWorkerConnection } from '../redis/connection';
import { REDIS_PREFIX } from '../jobs/job-types';
import { CounterOutbox } from './counter-outbox';
import { JobProducer } from '../jobs/job-producer';
import { BatchProgress } from './progress';
import { MinuteCounters, MINUTE_COUNTERS_KEY, type CounterValues, UNSENT_MINUTES_KEY } from './minute-counters';

const ignore = () => undefined;
let redis: RedisProcess;
let connection: Redis;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createWorkerConnection(redis.url, ignore);
  await waitUntil('Redis is ready', () => connection.status === 'ready');
});

afterAll(async () => {
  connection?.disconnect();
  await redis?.down();
});

beforeEach(() => connection.flushall());

const unsentMinutes = () => connection.zrange(UNSENT_MINUTES_KEY, '0', '-1');

/** Sums over all minutes, because a minute may end at any time. */
async function counted(): Promise<CounterValues> {
  const total: CounterValues = {};
  for (const minute of (await new MinuteCounters(connection).recent(5)).minutes) {
    for (const [name, value] of Object.entries(minute)) total[name] = (total[name] ?? 0) + value;
  }
  return total;
}

/**
 * Runs steps within one minute of Redis's clock. If a minute ends meanwhile, discards the result and repeats the steps on an
 * empty Redis.
 */
async function inOneMinute<T>(steps: () => Promise<T>): Promise<T> {
  for (;;) {
    const before = await new CounterOutbox(connection).currentMinute();
    const result = await steps();
    if ((await new CounterOutbox(connection).currentMinute()) === before) return result;
    await connection.flushall();
  }
}

/** Moves the counters of the current minute `minutes` back. */
async function age(minutes: number): Promise<void> {
  for (const minute of await unsentMinutes()) {
    const then = Number(minute) - minutes;
    await connection
      .multi()
      .rename(`${MINUTE_COUNTERS_KEY}:${minute}`, `${MINUTE_COUNTERS_KEY}:${then}`)
      .zrem(UNSENT_MINUTES_KEY, minute)
      .zadd(UNSENT_MINUTES_KEY, then, String(then))
      .exec();
  }
}

describe('minute counters', () => {
  test('add up over all processes', async () => {
    const sums = new MinuteCounters(connection);
    await Promise.all(Array.from({ length: 50 }, () => sums.add({ a: 2, 'b|1.5': 1 })));
    expect(await counted()).toEqual({ a: 100, 'b|1.5': 50 });
  });

  test('count a shard once, however often and in whichever run it is reported', async () => {
    const progress = new BatchProgress(connection);
    const counts = {
      succeeded: 8,
      rejected: 2,
      benign: 5,
      malignant: 3,
      indeterminate: 1,
      missing_features: 4,
      confident_benign: 4,
      confident_malignant: 3,
    };
    const record = (run: number, shard: number) => progress.countShard('a', run, shard, counts, { rows: 8 });
    expect(await Promise.all([record(1, 0), record(1, 0), record(1, 1)])).toEqual([true, false, true]);
    expect(await record(2, 0)).toBe(false);
    expect((await progress.read('a', 2)).shards).toBe(1);
    expect(await progress.countFailedShard('a', 2, 5, { failed: 1 })).toBe(true);
    expect(await progress.countFailedShard('a', 2, 5, { failed: 1 })).toBe(false);
    expect(await progress.countFailedShard('a', 3, 5, { failed: 1 })).toBe(true);
    expect(await counted()).toEqual({ rows: 16, failed: 2 });
  });

  test('count a job once while it exists, and create no key for a removed one', async () => {
    const sums = new MinuteCounters(connection);
    const producer = new JobProducer(connection, ignore);
    await producer.enqueuePrediction({ tenant: 't', predictionId: 'p' });
    expect(await sums.addOncePerJob('predictions', 'p', { n: 1 })).toBe(true);
    expect(await sums.addOncePerJob('predictions', 'p', { n: 1 })).toBe(false);
    expect(await sums.addOncePerJob('predictions', 'gone', { n: 1 })).toBe(true);
    expect(await connection.exists(`${REDIS_PREFIX}:predictions:gone`)).toBe(0);
    expect(await counted()).toEqual({ n: 2 });
    await producer.stop();
  });

  test('expire', async () => {
    await new MinuteCounters(connection).add({ a: 1 });
    const [minute] = await unsentMinutes();
    expect(await connection.ttl(`${MINUTE_COUNTERS_KEY}:${minute}`)).toBeGreaterThan(3_600);
  });
});

describe('the outbox', () => {
  const taken = async (present: boolean) =>
    (await new CounterOutbox(connection).lease(present)).map(({ counters }) => counters);

  test('leases a minute once, after its end', async () => {
    const sums = new MinuteCounters(connection);
    const takes = await inOneMinute(async () => {
      await sums.add({ a: 1, b: 2 });
      await age(1);
      await sums.add({ a: 10 });
      return [await taken(false), await taken(false)];
    });
    expect(takes).toEqual([[{ a: 1, b: 2 }], []]);
  });

  test('leases later increments, and on request those of the current minute', async () => {
    const sums = new MinuteCounters(connection);
    const takes = await inOneMinute(async () => {
      await sums.add({ a: 1 });
      const before = [await taken(true), await taken(true)];
      await sums.add({ a: 5, b: 1 });
      await age(1);
      // Sent increments are recorded per minute; the key is missing only if a minute has just ended.
      const minute = Number((await unsentMinutes())[0]);
      await connection
        .rename(`${MINUTE_COUNTERS_KEY}:${minute + 1}:sent`, `${MINUTE_COUNTERS_KEY}:${minute}:sent`)
        .catch(ignore);
      return [...before, await taken(false)];
    });
    expect(takes).toEqual([[{ a: 1 }], [], [{ a: 5, b: 1 }]]);
  });

  test('concurrent callers lease each increment exactly once', async () => {
    const sums = new MinuteCounters(connection);
    const takes: Promise<CounterValues[]>[] = [];
    for (let i = 0; i < 200; i++) {
      await sums.add({ a: 1 });
      if (i % 3 === 0) takes.push(taken(true));
    }
    const all = [...(await Promise.all(takes)), await taken(true)].flat();
    expect(all.reduce((total, { a }) => total + a, 0)).toBe(200);
  });

  test('leases an unacknowledged entry again, and removes an acknowledged one', async () => {
    const outbox = new CounterOutbox(connection);
    await new MinuteCounters(connection).add({ a: 1 });
    const [seconds] = await connection.time();
    const [entry] = await outbox.lease(true);
    const leasedUntilMs = Number(await connection.zscore(`${REDIS_PREFIX}:outbox:due`, entry.id));
    expect(leasedUntilMs).toBeGreaterThanOrEqual((Number(seconds) + 60) * 1_000);
    await connection.zadd(`${REDIS_PREFIX}:outbox:due`, 'XX', leasedUntilMs + 3_600_000, entry.id);
    expect(await outbox.lease(true)).toEqual([]);
    await passLease();
    expect(await outbox.lease(true)).toEqual([entry]);
    await outbox.acknowledge(entry.id);
    await passLease();
    expect(await outbox.lease(true)).toEqual([]);
    expect(await connection.hlen(`${REDIS_PREFIX}:outbox`)).toBe(0);
  });

  async function passLease(): Promise<void> {
    for (const id of await connection.zrange(`${REDIS_PREFIX}:outbox:due`, '0', '-1'))
      await connection.zadd(`${REDIS_PREFIX}:outbox:due`, 0, id);
  }
});
