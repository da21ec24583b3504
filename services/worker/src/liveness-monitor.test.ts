import { createLogger } from '@cytoqueue/runtime';
import { waitUntil } from '../../../test/src/support/wait-until';
import { LivenessMonitor } from './liveness-monitor';

const STALL_MS = 60_000;
let nowMs = 0;
let waiting = 0;
let logged: string[] = [];
let watch: LivenessMonitor;

beforeEach(() => {
  [nowMs, waiting, logged] = [0, 0, []];
  const logger = createLogger(
    { service: 'worker', environment: 'test', level: 'info' },
    { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const waitingJobs = async () => (waiting < 0 ? Promise.reject(new Error('Redis is unreachable')) : waiting);
  watch = new LivenessMonitor({ waitingJobs }, STALL_MS, logger, () => nowMs);
});

/** Polls the monitor, then again after each third of the stall time. */
async function pass(looks: number, before: () => void = () => undefined): Promise<boolean[]> {
  const stalled: boolean[] = [];
  for (let look = 0; look < looks; look++) {
    before();
    await watch.poll();
    stalled.push(watch.isStalled);
    nowMs += STALL_MS / 3;
  }
  return stalled;
}

test('is stalled while jobs wait and none starts or ends, logs it once, and recovers with the next job', async () => {
  waiting = 3;
  expect(await pass(6)).toEqual([false, false, false, false, true, true]);
  expect(logged).toEqual(['jobs wait but this worker processes none: not live']);
  watch.recordActivity();
  expect(await pass(1)).toEqual([false]);
  expect(await pass(5)).toEqual([false, false, false, false, true]);
  expect(logged).toHaveLength(2);
});

test.each([
  ['idle', 0, () => undefined],
  ['cut off from Redis', -1, () => undefined],
  ['busy', 3, () => watch.recordActivity()],
])('a worker that is %s is not stalled', async (_, jobs, before) => {
  waiting = jobs;
  expect(await pass(8, before)).toEqual(Array(8).fill(false));
  expect(logged).toEqual([]);
});

test('a job in between restarts the stall time', async () => {
  waiting = 3;
  await pass(3);
  waiting = 0;
  await pass(1);
  waiting = 3;
  expect(await pass(5)).toEqual([false, false, false, false, true]);
});

test('polls periodically between start and stop', async () => {
  waiting = 3;
  watch.start();
  await waitUntil('it has polled', () => {
    nowMs += STALL_MS;
    return logged.length > 0;
  });
  await watch.stop();
  expect(logged).toHaveLength(1);
});
