import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack, SHARD_ROWS } from '../support/fault-stack';
import { readCsv } from '../support/records';
import { isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

let faults: FaultStack;

/** A shard takes long enough to be hit in its middle. */
beforeAll(async () => {
  faults = await FaultStack.start(3_000, { query: '?explain=true', WORKERS: '1' });
}, 240_000);

afterEach(() => faults.signalWorkers('SIGCONT'));

afterAll(async () => {
  await faults?.stop();
}, 240_000);

/**
 * Whether the shard is being scored, or has ended. It is not while another suspect is in hand: either is about to be put off.
 * One that was delivered too often is taken once more, only to be failed.
 */
function stateOf(jobId: string): Promise<'scored' | 'ended'> {
  const keyOf = (id: string) => `${REDIS_PREFIX}:${queueNames.shards}:${id}`;
  return waitUntil('it is taken again, or has ended', async () => {
    const [finished, deferredFailure] = await faults.inRedis((redis) => redis.hmget(keyOf(jobId), 'finishedOn', 'defa'));
    if (finished !== null) return 'ended';
    const inHand = await faults.inHand(queueNames.shards);
    if (deferredFailure !== null || !inHand.includes(jobId)) return false;
    const others = inHand.filter((id) => id !== jobId);
    const stalls = await faults.inRedis((redis) => Promise.all(others.map((id) => redis.hget(keyOf(id), 'stc'))));
    return stalls.every((count) => count === null) && 'scored';
  });
}

test('a shard that kills whoever takes it fails alone; its rows come back in the errors file', async () => {
  const batch = await faults.upload();
  const poison = jobIds.shard(batch, 1, 1);
  let kills = 0;
  for (; (await stateOf(poison)) === 'scored'; kills++) await faults.killWorkers();
  const manifest = await faults.expectWholeButFailed(batch);
  expect(kills).toBeGreaterThan(3);
  expect([manifest.status, manifest.failed_shards, manifest.counts.failed]).toEqual(['completed_with_errors', [1], SHARD_ROWS]);
  const errors = readCsv((await faults.client.get(`/v1/batches/${batch}/errors`)).text);
  expect(errors.filter(({ error_code: code }) => code === 'shard-failed')).toHaveLength(SHARD_ROWS);
  expect(faults.ready.pids.workers.every(isRunning)).toBe(true);
});
