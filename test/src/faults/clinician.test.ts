import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { FaultStack } from '../support/fault-stack';
import { type PromisedTime, inPromisedTime } from '../support/promised-time';
import { waitUntil } from '../support/wait-until';

/** With the locks of the other queues it would be more than a minute. */
const ANSWER: PromisedTime = { what: 'the answer to a record whose worker was hit', promisedMs: 10_000, defectMs: 45_000 };
/** More than two workers take at once, so that either has some in hand. */
const RECORDS = 100;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1, { WORKERS: '2' });
}, 240_000);

afterEach(() => faults.signalWorkers('SIGCONT'));

afterAll(async () => {
  await faults?.stop();
}, 240_000);

function activeRecords(): Promise<number> {
  return faults.inRedis((redis) => redis.llen(`${REDIS_PREFIX}:${queueNames.predictions}:active`));
}

test.each(['SIGSTOP', 'SIGKILL'] as const)('records whose worker gets a %s in their midst are answered within ten seconds', async (signal) => {
  const [worker] = faults.ready.pids.workers as [number, number];
  const waiting = Array.from({ length: RECORDS }, () => faults.predict({ prefer: 'wait=50' }));
  await waitUntil('some are being scored', async () => (await activeRecords()) > 0);
  process.kill(worker, signal);
  const answers = await inPromisedTime(ANSWER, Promise.all(waiting));
  expect(new Set(answers.map(({ status, json }) => `${status} ${json.status}`))).toEqual(new Set(['201 succeeded']));
});
