import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { REDIS_PREFIX } from '../jobs/job-types';
import { WorkerHeartbeat, isAliveAfter, readWorkers } from './worker-heartbeat';
import { QueueUnavailableError } from '../redis/errors';

const KEY = `${REDIS_PREFIX}:workers`;
const ignore = () => undefined;

let redis: RedisProcess;
let working: Redis;
let reading: Redis;

beforeEach(async () => {
  redis = await RedisProcess.start();
  working = createWorkerConnection(redis.url, ignore);
  reading = createProducerConnection(redis.url, ignore);
  await waitUntil('Redis is ready', () => working.status === 'ready' && reading.status === 'ready');
});

afterEach(async () => {
  working.disconnect();
  reading.disconnect();
  await redis.down();
});

const aliveWorkers = async () =>
  (await readWorkers(reading)).filter(({ isAlive }) => isAlive).map(({ id, slots }) => ({ id, slots }));
const alive = async () => (await aliveWorkers()).length;

test('workers count from start to stop, each with its slots', async () => {
  const [one, two] = [new WorkerHeartbeat(working, 'one', 3), new WorkerHeartbeat(working, 'two', 4)];
  one.start();
  one.start();
  two.start();
  await waitUntil('both are alive', async () => (await alive()) === 2);
  expect(await aliveWorkers()).toEqual([
    { id: 'one', slots: 3 },
    { id: 'two', slots: 4 },
  ]);
  await one.stop();
  expect(await aliveWorkers()).toEqual([{ id: 'two', slots: 4 }]);
  await two.stop();
  await two.stop();
  expect(await readWorkers(reading)).toEqual([]);
});

test('a worker counts as dead seven seconds after its last heartbeat', async () => {
  const [seconds] = await reading.time();
  // A heartbeat in the future, so that the duration of this test does not matter.
  await reading.zadd(KEY, (Number(seconds) + 3_600) * 1_000, '2:hung');
  expect(await alive()).toBe(1);
  await reading.zincrby(KEY, -(3_600_000 + 7_001), '2:hung');
  expect(await alive()).toBe(0);
  const [hung] = await readWorkers(reading);
  expect(hung).toMatchObject({ id: 'hung', slots: 2, isAlive: false });
  expect(hung?.silentMs).toBeGreaterThanOrEqual(7_001);
});

test.each([
  [0, true],
  [7_000, true],
  [7_001, false],
])('after %i ms without a heartbeat a worker counts as alive: %s', (silentMs, isAlive) => {
  expect(isAliveAfter(silentMs)).toBe(isAlive);
});

test("a crashed worker is removed by another worker's heartbeat, after three minutes", async () => {
  const [seconds] = await reading.time();
  await reading.zadd(KEY, (Number(seconds) - 181) * 1_000, '2:crashed', (Number(seconds) + 3_600) * 1_000, '2:hung');
  const presence = new WorkerHeartbeat(working, 'next', 2);
  presence.start();
  await waitUntil('the worker is alive', async () => (await reading.zscore(KEY, '2:next')) !== null);
  expect(await reading.zrange(KEY, '0', '-1')).toEqual(['2:next', '2:hung']);
  await presence.stop();
});

test('a worker is alive at once after Redis restarts empty', async () => {
  const presence = new WorkerHeartbeat(working, 'one', 2);
  presence.start();
  await waitUntil('the worker is alive', async () => (await alive()) === 1);
  await redis.down();
  await expect(readWorkers(reading)).rejects.toBeInstanceOf(QueueUnavailableError);
  await redis.up();
  await waitUntil('the worker is alive again', () => alive().then((count) => count === 1, ignore));
  await presence.stop();
});

test('a stop does not wait for a Redis that does not answer', async () => {
  const presence = new WorkerHeartbeat(working, 'one', 2);
  presence.start();
  await waitUntil('the worker is alive', async () => (await alive()) === 1);
  redis.freeze();
  await presence.stop();
  // The stop ends although Redis does not confirm the removal; Redis applies it when it resumes.
  redis.thaw();
  await waitUntil('the worker is removed', async () => (await alive().catch(() => 1)) === 0);
  expect(await readWorkers(reading)).toEqual([]);
});
