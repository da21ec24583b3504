import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack, SHARD_ROWS } from '../support/fault-stack';
import { readCsv } from '../support/records';
import { isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/**
 * Each consecutive crash makes the stack wait longer before it restarts a worker, so this file has a separate stack.
 */

const DELIVERIES = 4;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(3_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

/** Waits until no other shard that was active at an earlier kill is active: each of them is being delayed. */
async function isOnlySuspect(poison: string): Promise<boolean> {
  const others = (await faults.activeJobs(queueNames.shards)).filter((id) => id !== poison);
  const stalls = await faults.inRedis((redis) =>
    Promise.all(others.map((id) => redis.hget(`${REDIS_PREFIX}:${queueNames.shards}:${id}`, 'stc'))),
  );
  return stalls.every((count) => count === null);
}

test('a shard that kills every worker that takes it fails alone after four deliveries; its rows come back in the errors file', async () => {
  const hold = faults.hold(/\/shards\/00001\./);
  const batch = await faults.upload();
  for (let delivery = 1; delivery <= DELIVERIES; delivery++) {
    await hold.reached(delivery);
    await waitUntil('no other suspect is in progress', () => isOnlySuspect(jobIds.shard(batch, 1, 1)));
    await faults.killWorkers();
  }
  const manifest = await faults.expectCompleteExceptFailed(batch);
  expect(hold.held()).toHaveLength(DELIVERIES);
  expect([manifest.status, manifest.failed_shards, manifest.counts.failed]).toEqual([
    'completed_with_errors',
    [1],
    SHARD_ROWS,
  ]);
  const errors = readCsv((await faults.client.get(`/v1/batches/${batch}/errors`)).text);
  expect(errors.filter(({ error_code: code }) => code === 'shard-failed')).toHaveLength(SHARD_ROWS);
  await waitUntil('a worker runs again', () => faults.ready.pids.workers.every(isRunning));
});
