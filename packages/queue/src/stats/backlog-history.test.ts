import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection } from '../redis/connection';
import { REDIS_PREFIX } from '../jobs/job-types';
import { readBacklogHistory, recordBacklog } from './backlog-history';

let server: RedisProcess;
let redis: Redis;

beforeAll(async () => {
  server = await RedisProcess.start();
  redis = createProducerConnection(server.url, () => undefined);
  await waitUntil('Redis is ready', () => redis.status === 'ready');
});

afterAll(async () => {
  redis?.disconnect();
  await server?.down();
});

test('the last backlog of each minute is kept, for two hours', async () => {
  const key = `${REDIS_PREFIX}:backlog-history`;
  const minute = Math.floor(Number((await redis.time())[0]) / 60);
  await redis.zadd(key, minute - 121, `${minute - 121}:1`, minute - 2, `${minute - 2}:20`);
  await recordBacklog(redis, 300);
  await recordBacklog(redis, 400);
  const history = await readBacklogHistory(redis);
  expect([history.get(minute - 2), [...history.values()].at(-1)]).toEqual([20, 400]);
  expect(history.has(minute - 121)).toBe(false);
  expect(await redis.ttl(key)).toBeGreaterThan(7_000);
});
