import { jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack } from './fault-stack';
import { waitUntil } from './wait-until';

/** One shard that takes seconds, on the one thread of the one worker. */
const ROWS = 3_000;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(ROWS, { query: '?explain=true', SHARD_ROWS: String(ROWS) });
}, 240_000);

afterAll(async () => {
  await faults?.stop();
}, 120_000);

test('while a shard is being scored, its worker renews locks, answers for its health and scores records', async () => {
  const batch = await faults.upload();
  const shard = jobIds.shard(batch, 1, 0);
  const isInHand = async () => (await faults.inHand(queueNames.shards)).includes(shard);
  await waitUntil('the shard is in hand', isInHand);
  const { port } = faults.logLines('worker-1').findLast(({ msg }) => msg === 'ready') as { port: number };
  const [live, ready, record] = await Promise.all([
    fetch(`http://127.0.0.1:${port}/health/live`),
    fetch(`http://127.0.0.1:${port}/health/ready`),
    faults.predict({ prefer: 'wait=60' }),
  ]);
  expect([live.status, ready.status, record.status]).toEqual([200, 200, 201]);
  // Renewing a lock, too, is a timer of the thread that has just answered, with time left.
  expect([await isInHand(), (await faults.shardObjects(batch)).length]).toEqual([true, 0]);
  await faults.expectWhole(batch);
});
