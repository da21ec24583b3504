import { jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack } from '../support/fault-stack';
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

function untilActive(jobId: string): Promise<unknown> {
  return waitUntil(`${jobId} is active`, async () => (await faults.inHand(queueNames.shards)).includes(jobId));
}

test('a shard whose worker is killed three times is scored all the same', async () => {
  const batch = await faults.upload();
  for (let kill = 1; kill <= 3; kill++) {
    await untilActive(jobIds.shard(batch, 1, 1));
    await faults.killWorkers();
  }
  expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
});

test('SIGTERM lets the shards in hand end, and leaves the rest to the next worker', async () => {
  const batch = await faults.upload();
  await untilActive(jobIds.shard(batch, 1, 1));
  const [worker] = faults.ready.pids.workers as [number];
  const inHand = await faults.inHand(queueNames.shards);
  process.kill(worker, 'SIGTERM');
  await waitUntil('it has ended', () => !isRunning(worker));
  await waitUntil('the stack has seen it', () => faults.ready.pids.workers[0] !== worker);
  expect(faults.stack.stderr()).toMatch(/worker-1 has ended \(exit code 0\)/);
  const scored = (await faults.shardObjects(batch)).length;
  expect(inHand.length).toBeGreaterThan(0);
  expect(scored).toBeGreaterThanOrEqual(inHand.length);
  await faults.expectWhole(batch);
});
