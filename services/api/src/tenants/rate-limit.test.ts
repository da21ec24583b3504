import { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RateLimit } from './rate-limit';

let redis: RedisProcess;
let client: Redis;

beforeAll(async () => {
  redis = await RedisProcess.start();
  client = new Redis(redis.url);
});

afterAll(async () => {
  client?.disconnect();
  await redis?.down();
});

test('units used during a sync are synchronized without a further request', async () => {
  const limit = new RateLimit(client, () => 1_000);
  await client.ping();
  redis.freeze();
  limit.consume('lab', 7, 0);
  await waitUntil('the first sync is in progress', () => commandsWaiting() > 0);
  limit.consume('lab', 5, 0);
  redis.thaw();
  await waitUntil('Redis has all units', async () => Number(await client.get('cytoqueue:rate:lab')) === 12);
  expect(limit.consume('lab', 1, 0).remaining).toBe(1_000 - 13);
});

/** The number of commands without a reply. */
function commandsWaiting(): number {
  return (client as unknown as { commandQueue: { length: number } }).commandQueue.length;
}
