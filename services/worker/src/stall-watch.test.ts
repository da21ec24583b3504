import { createLogger } from '@cytoqueue/runtime';
import { waitUntil } from '../../../test/src/support/wait-until';
import { StallWatch } from './stall-watch';

const LOOK_MS = 5;
const STALL_MS = 300;
let waiting = 0;
let logged: string[] = [];
let watch: StallWatch;

beforeEach(() => {
  waiting = 0;
  logged = [];
  const logger = createLogger({ service: 'worker', environment: 'test', level: 'info' }, { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) });
  const waitingJobs = async () => (waiting < 0 ? Promise.reject(new Error('Redis is away')) : waiting);
  watch = new StallWatch({ waitingJobs }, STALL_MS, logger, LOOK_MS);
  watch.start();
});

afterEach(() => watch.stop());

/** For longer than a stall takes. */
async function pass(meanwhile: () => void = () => undefined): Promise<void> {
  const endsMs = performance.now() + 3 * STALL_MS;
  await waitUntil('some time has passed', () => {
    meanwhile();
    return performance.now() > endsMs;
  });
}

test('work that waits while nothing moves is a stall, told once, and over when something moves', async () => {
  waiting = 3;
  await waitUntil('it is stalled', () => watch.isStalled);
  await pass();
  expect(logged).toEqual(['work waits and nothing moves: not alive any more']);
  watch.moved();
  await waitUntil('it is not stalled', () => !watch.isStalled);
});

test.each([
  ['idle', () => (waiting = 0), () => undefined],
  ['cut off from Redis', () => (waiting = -1), () => undefined],
  ['busy', () => (waiting = 3), () => watch.moved()],
])('a worker that is %s is not stalled', async (_, set, meanwhile) => {
  set();
  await pass(meanwhile);
  expect(watch.isStalled).toBe(false);
  expect(logged).toEqual([]);
});
