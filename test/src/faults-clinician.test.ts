import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { FaultStack } from './fault-stack';
import { waitUntil } from './wait-until';

jest.setTimeout(60_000);

const ANSWERED_WITHIN_MS = 10_000;
/** More than two workers take at once, so that either has some in hand. */
const RECORDS = 100;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1, { WORKERS: '2' });
}, 120_000);

afterEach(() => faults.signalWorkers('SIGCONT'));

afterAll(async () => {
  await faults?.stop();
}, 120_000);

function activeRecords(): Promise<number> {
  return faults.inRedis((redis) => redis.llen(`${REDIS_PREFIX}:${queueNames.predictions}:active`));
}

test.each(['SIGSTOP', 'SIGKILL'] as const)('records whose worker gets a %s in their midst are answered within ten seconds', async (signal) => {
  const [worker] = faults.ready.pids.workers as [number, number];
  const waiting = Array.from({ length: RECORDS }, () => faults.predict({ prefer: 'wait=20' }));
  await waitUntil('some are being scored', async () => (await activeRecords()) > 0);
  process.kill(worker, signal);
  const hitMs = performance.now();
  const answers = await Promise.all(waiting);
  expect(performance.now() - hitMs).toBeLessThan(ANSWERED_WITHIN_MS);
  expect(new Set(answers.map(({ status, json }) => `${status} ${json.status}`))).toEqual(new Set(['201 succeeded']));
});
