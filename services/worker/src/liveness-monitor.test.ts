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

/** The watch looks, and looks again each third of the time that a stall takes. */
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

test('work that waits while no job begins or ends is a stall, logged once, and over when a job does', async () => {
  waiting = 3;
  expect(await pass(6)).toEqual([false, false, false, false, true, true]);
  expect(logged).toEqual(['work waits and nothing moves: not alive any more']);
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

test('work that was taken meanwhile starts the time again', async () => {
  waiting = 3;
  await pass(3);
  waiting = 0;
  await pass(1);
  waiting = 3;
  expect(await pass(5)).toEqual([false, false, false, false, true]);
});

test('once started it looks by itself, until it is stopped', async () => {
  waiting = 3;
  watch.start();
  await waitUntil('it has looked', () => {
    nowMs += STALL_MS;
    return logged.length > 0;
  });
  await watch.stop();
  expect(logged).toHaveLength(1);
});
