import { FaultStack } from '../support/fault-stack';
import { type PromisedTime, inPromisedTime } from '../support/promised-time';
import { waitUntil } from '../support/wait-until';

/** Redis has two seconds to answer; without a limit it was nine and more. */
const ANSWER: PromisedTime = { what: 'an answer without Redis', promisedMs: 2_500, defectMs: 8_000 };
const RESUMPTION: PromisedTime = { what: 'new work after Redis came back', promisedMs: 5_000, defectMs: 30_000 };

let faults: FaultStack;
let finished: string;

beforeAll(async () => {
  faults = await FaultStack.start(20_000, { WORKERS: '2' });
  finished = await faults.upload();
  await faults.expectWhole(finished);
}, 240_000);

afterEach(async () => {
  faults.proxy.heal();
  faults.redis.thaw();
  await setMaxMemory(0);
  faults.signalWorkers('SIGCONT');
});

afterAll(async () => {
  await faults?.stop();
}, 240_000);

const inTime = <T>(work: Promise<T>): Promise<T> => inPromisedTime(ANSWER, work);

/** Without Redis: nothing new, said at once and with a time to come again; what is finished is still there. */
async function expectOnlyFinishedWork(unfinished: string): Promise<void> {
  const refused = await Promise.all([inTime(faults.post()), inTime(faults.predict())]);
  expect(refused.map(({ status, headers }) => [status, Number(headers.get('retry-after')) > 0])).toEqual([[503, true], [503, true]]);
  const [results, batch, waiting, ready] = await Promise.all(
    [`/v1/batches/${finished}/results`, `/v1/batches/${finished}`, `/v1/batches/${unfinished}`, '/health/ready'].map((path) => inTime(faults.client.get(path))),
  );
  expect([results?.status, batch?.status, waiting?.status, ready?.status]).toEqual([200, 200, 200, 503]);
  expect(batch?.json.status).toBe('completed_with_errors');
}

/** Work is taken again, and what was under way goes on. */
async function expectResumed(unfinished: string): Promise<string> {
  const taken = waitUntil('a record is taken and answered', async () => {
    const { status, json } = await faults.predict({ prefer: 'wait=5' });
    return status === 201 && json;
  });
  const next = await inPromisedTime(RESUMPTION, taken);
  expect(next.status).toBe('succeeded');
  return (await faults.expectWhole(unfinished)).status;
}

/** A batch of which some shards are scored, with the workers stopped in the middle of others. */
async function pausedInTheMiddle(): Promise<string> {
  const id = await faults.upload();
  await faults.untilInTheMiddle(id);
  faults.signalWorkers('SIGSTOP');
  return id;
}

test.each([
  ['killed and back with its data', () => faults.redis.down(), () => faults.redis.up()],
  ['frozen', async () => faults.redis.freeze(), async () => faults.redis.thaw()],
  ['cut off', async () => faults.proxy.cut(), async () => faults.proxy.heal()],
])('Redis %s: nothing is taken, finished work is shown, all goes on', async (_, fault, end) => {
  const unfinished = await pausedInTheMiddle();
  await fault();
  faults.signalWorkers('SIGCONT');
  await expectOnlyFinishedWork(unfinished);
  await end();
  await faults.passLockTime();
  expect(await expectResumed(unfinished)).toBe('completed_with_errors');
});

test('a failover on the same connection, to a replica that is promoted later', async () => {
  const unfinished = await pausedInTheMiddle();
  await faults.inRedis((redis) => redis.replicaof('127.0.0.1', 1));
  faults.signalWorkers('SIGCONT');
  expect((await inTime(faults.predict())).status).toBe(503);
  await faults.inRedis((redis) => redis.replicaof('NO', 'ONE'));
  expect(await expectResumed(unfinished)).toBe('completed_with_errors');
});

const FILLER_BYTES = 64 * 1024 * 1024;
const FILLER = 'filler';
const setMaxMemory = (bytes: number) => faults.inRedis((redis) => redis.config('SET', 'maxmemory', bytes));

test('Redis nearly full: nothing new is taken, and what runs ends', async () => {
  const unfinished = await pausedInTheMiddle();
  const usedBytes = await faults.inRedis(async (redis) => {
    await redis.setrange(FILLER, FILLER_BYTES, 'x');
    return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  });
  await setMaxMemory(Math.round(usedBytes * 1.08));
  const refused = await waitUntil('it is seen', async () => {
    const answers = await Promise.all([inTime(faults.post()), inTime(faults.predict())]);
    return answers.every(({ status }) => status === 503) && answers;
  });
  expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
  faults.signalWorkers('SIGCONT');
  expect((await faults.expectWhole(unfinished)).failed_shards).toEqual([]);
  expect((await faults.predict()).status).toBe(503);
  await faults.inRedis((redis) => redis.del(FILLER));
  await setMaxMemory(0);
  await waitUntil('new work is taken', async () => (await faults.predict()).status === 202);
});

test('Redis full to the last: nothing new is taken, what runs ends once there is room', async () => {
  const unfinished = await pausedInTheMiddle();
  await setMaxMemory(1);
  const refused = await Promise.all([inTime(faults.post()), inTime(faults.predict())]);
  expect(refused.map(({ status, headers }) => [status, Number(headers.get('retry-after')) > 0])).toEqual([[503, true], [503, true]]);
  faults.signalWorkers('SIGCONT');
  await setMaxMemory(0);
  expect(await expectResumed(unfinished)).toBe('completed_with_errors');
});
