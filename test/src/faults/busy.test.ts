import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack } from '../support/fault-stack';
import { waitUntil } from '../support/wait-until';

/** One shard on the one thread of the one worker. */
const ROWS = 3_000;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(ROWS, { SHARD_ROWS: String(ROWS) });
});

afterAll(() => faults?.stop());

test('while a shard is in progress, its worker renews locks, answers health checks and scores records', async () => {
  const hold = faults.hold(/shards\/00000\./);
  const batch = await faults.upload();
  await hold.reached();
  const { port } = faults.logLines('worker-1').findLast(({ msg }) => msg === 'ready') as { port: number };
  const [live, ready, record] = await Promise.all([
    fetch(`http://127.0.0.1:${port}/health/live`),
    fetch(`http://127.0.0.1:${port}/health/ready`),
    faults.predict({ prefer: 'wait=60' }),
  ]);
  expect([live.status, ready.status, record.status]).toEqual([200, 200, 201]);
  const lock = `${REDIS_PREFIX}:${queueNames.shards}:${jobIds.shard(batch, 1, 0)}:lock`;
  await faults.inRedis(async (redis) => {
    const ttlMs = await redis.pttl(lock);
    expect(ttlMs).toBeGreaterThan(0);
    // Without renewal the time to live only falls.
    await waitUntil('the lock is renewed', async () => (await redis.pttl(lock)) > ttlMs);
  });
  hold.open();
  await faults.expectWhole(batch);
});
