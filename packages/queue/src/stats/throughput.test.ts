import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection } from '../redis/connection';
import { REDIS_PREFIX } from '../jobs/job-types';
import { BatchProgress } from './progress';
import { MinuteCounters } from './minute-counters';
import { STALLED_AFTER_MS, readThroughput, throughputAt } from './throughput';

const NOW_MS = 1_700_000_000_000;
const COUNTS = {
  succeeded: 900,
  rejected: 100,
  benign: 900,
  malignant: 0,
  indeterminate: 0,
  missing_features: 0,
  confident_benign: 900,
  confident_malignant: 0,
  changed: 0,
};

test('decays while no row is finished, and is zero after fifteen seconds', () => {
  const rates = [0, 1, 5, 10, 14.999, 15, 60].map(
    (seconds) => throughputAt({ rate: 1_000, lastMs: NOW_MS - seconds * 1_000 }, NOW_MS).rowsPerSecond,
  );
  expect(rates[0]).toBe(1_000);
  expect(rates).toEqual([...rates].sort((a, b) => b - a));
  expect(rates[3]).toBeLessThan(150);
  expect(rates.slice(5)).toEqual([0, 0]);
  expect(throughputAt(undefined, NOW_MS)).toEqual({ rowsPerSecond: 0, idleMs: undefined });
});

test('a clock that was set back makes it neither larger nor negative', () => {
  expect(throughputAt({ rate: 1_000, lastMs: NOW_MS + 3_600_000 }, NOW_MS)).toEqual({
    rowsPerSecond: 1_000,
    idleMs: 0,
  });
});

describe('in Redis', () => {
  let redis: RedisProcess;
  let connection: Redis;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    connection = createProducerConnection(redis.url, () => undefined);
    await waitUntil('Redis is ready', () => connection.status === 'ready');
  });

  afterAll(async () => {
    connection?.disconnect();
    await redis?.down();
  });

  beforeEach(() => connection.flushall());

  const rate = async () => Number(await connection.hget(`${REDIS_PREFIX}:throughput`, 'rate'));

  test('counts the rows of a shard once and a prediction as one row', async () => {
    const progress = new BatchProgress(connection);
    await progress.countShard('a', 1, 0, COUNTS);
    expect(await rate()).toBe(200);
    await progress.countShard('a', 1, 0, COUNTS);
    expect(await rate()).toBe(200);
    await connection.flushall();
    await new MinuteCounters(connection).addOncePerJob('predictions', 'p', { PredictionsCompleted: 1 });
    expect(await rate()).toBe(0.2);
  });

  test('ignores rows finished long ago, and grows with rows finished now', async () => {
    const progress = new BatchProgress(connection);
    await connection.hset(`${REDIS_PREFIX}:throughput`, 'rate', 1e9, 'lastMs', Date.now() - 10 * STALLED_AFTER_MS);
    expect((await readThroughput(connection)).rowsPerSecond).toBe(0);
    await progress.countShard('a', 1, 0, COUNTS);
    const { rowsPerSecond, idleMs } = await readThroughput(connection);
    expect(rowsPerSecond).toBeGreaterThanOrEqual(0);
    expect(rowsPerSecond).toBeLessThan(300);
    expect(idleMs).toBeGreaterThanOrEqual(0);
  });
});
