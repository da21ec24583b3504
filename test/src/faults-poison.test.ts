import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack, SHARD_ROWS } from './fault-stack';
import { readCsv } from './records';
import { isRunning } from './stack-process';
import { waitUntil } from './wait-until';

let faults: FaultStack;

/** A shard takes long enough to be hit in its middle. */
beforeAll(async () => {
  faults = await FaultStack.start(3_000, { query: '?explain=true', WORKERS: '1' });
}, 240_000);

afterEach(() => faults.signalWorkers('SIGCONT'));

afterAll(async () => {
  await faults?.stop();
}, 240_000);

/** Whether the shard is about to be scored, or has ended. One that was delivered too often is taken once more, only to be failed. */
function stateOf(jobId: string): Promise<'scored' | 'ended'> {
  return waitUntil('it is taken again, or has ended', async () => {
    const key = `${REDIS_PREFIX}:${queueNames.shards}:${jobId}`;
    const [finished, deferredFailure] = await faults.inRedis((redis) => redis.hmget(key, 'finishedOn', 'defa'));
    if (finished !== null) return 'ended';
    return deferredFailure === null && (await faults.inHand(queueNames.shards)).includes(jobId) && 'scored';
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
