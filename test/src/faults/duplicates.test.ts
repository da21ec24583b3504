import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { FaultStack, type LogLine, parseLog } from '../support/fault-stack';
import { type RunningProgram, endProgram, isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(180_000);

let faults: FaultStack;
let other: RunningProgram | undefined;

beforeAll(async () => {
  faults = await FaultStack.start(30_000);
}, 240_000);

afterEach(async () => {
  faults.signalWorkers('SIGCONT');
  if (other !== undefined) await endProgram(other);
  other = undefined;
});

afterAll(async () => {
  await faults?.stop();
}, 240_000);

/** Stops the worker at a moment when it is ending the batch; false when it was too quick for that. */
async function stopInFinalizing(batch: string): Promise<boolean> {
  const active = `${REDIS_PREFIX}:${queueNames.finalize}:active`;
  return faults.inRedis(async (redis) => {
    const taken = async () => (await redis.lpos(active, jobIds.finalize(batch, 1))) !== null;
    const ended = async () => (await redis.zscore(`${REDIS_PREFIX}:${queueNames.finalize}:completed`, jobIds.finalize(batch, 1))) !== null;
    while (!(await taken())) if (await ended()) return false;
    faults.signalWorkers('SIGSTOP');
    return taken();
  });
}

test('two finalizers at once, one of which was taken for dead: one manifest', async () => {
  const batch = await waitUntil('the worker is stopped while it ends a batch', async () => {
    const id = await faults.upload();
    if (await stopInFinalizing(id)) return id;
    faults.signalWorkers('SIGCONT');
    return undefined;
  });
  const hasEnded = (lines: LogLine[]) => lines.some(({ queue, batchId, msg }) => queue === queueNames.finalize && batchId === batch && msg === 'job done');
  await faults.passLockTime();
  other = await faults.startWorker();
  const { stdout } = other;
  await waitUntil('the other worker has it', async () => (await faults.inHand(queueNames.finalize)).length > 0 || hasEnded(parseLog(stdout())));
  faults.signalWorkers('SIGCONT');
  await waitUntil('both have come to its end', () => hasEnded(parseLog(stdout())) && hasEnded(faults.logLines('worker-1')));
  expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
});

test('two reconcilers at once, whose turns nobody keeps apart: one manifest', async () => {
  const batch = await faults.upload();
  await faults.untilInTheMiddle(batch, 1);
  const before = faults.ready.pids.workers;
  await faults.whilePaused(async () => {
    await faults.inRedis((redis) => redis.flushall());
    faults.age(batch);
    for (const pid of before) process.kill(pid, 'SIGKILL');
  });
  let ended = false;
  const keepTurnsFree = faults.inRedis(async (redis) => {
    while (!ended) await redis.del(`${REDIS_PREFIX}:turn:reconcile`);
  });
  other = await faults.startWorker();
  await waitUntil('both workers are new', () => faults.ready.pids.workers.every((pid) => !before.includes(pid) && isRunning(pid)));
  const manifest = await faults.expectWhole(batch).finally(() => (ended = true));
  await keepTurnsFree;
  expect(manifest.failed_shards).toEqual([]);
});
