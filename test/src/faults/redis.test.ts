import { queueNames } from '@cytoqueue/queue';
import { killApiInOutage } from '../support/api-killed-in-outage';
import { FaultStack } from '../support/fault-stack';
import { waitUntil } from '../support/wait-until';

/** Uploads a batch and waits until its first shard is scored and three others are active. */
const SCORED_WITHOUT_REDIS = 4;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(5_000);
});

afterEach(async () => {
  await faults.restore();
  await setMaxMemory(0);
});

afterAll(() => faults?.stop());

/** The responses arrive while Redis is down, so each one is handled separately. */
async function expectNoNewWork(): Promise<void> {
  const refused = await Promise.all([faults.post(), faults.predict()]);
  expect(refused.map(({ status, headers }) => [status, Number(headers.get('retry-after')) > 0])).toEqual([
    [503, true],
    [503, true],
  ]);
}

async function expectFinishedWork(unfinished: string): Promise<void> {
  const finished = faults.undisturbedId;
  const [results, batch, waiting, ready] = await Promise.all(
    [`/v1/batches/${finished}/results`, `/v1/batches/${finished}`, `/v1/batches/${unfinished}`, '/health/ready'].map(
      (path) => faults.client.get(path),
    ),
  );
  expect([results?.status, batch?.status, waiting?.status, ready?.status]).toEqual([200, 200, 200, 503]);
  expect(batch?.json.status).toBe('completed_with_errors');
}

/** Asserts that new work is accepted and that the running batch finishes. @returns its failed shards */
async function expectResumed(unfinished: string): Promise<number[]> {
  const next = await waitUntil('a record is accepted and answered', async () => {
    const { status, json } = await faults.predict({ prefer: 'wait=10' });
    return status === 201 && json;
  });
  expect(next.status).toBe('succeeded');
  return (await faults.expectComplete(unfinished)).failed_shards;
}

test.each([
  ['killed, and back with its data', () => faults.redis.down(), () => faults.redis.up()],
  ['frozen', async () => faults.redis.freeze(), async () => faults.redis.thaw()],
])(
  'Redis %s: new work gets 503, finished work can be read, running work finishes afterwards',
  async (_, fault, end) => {
    const { batch, hold } = await faults.uploadAndHold();
    await hold.reached(3);
    await fault();
    hold.open();
    await faults.untilScored(batch, SCORED_WITHOUT_REDIS);
    await expectNoNewWork();
    await expectFinishedWork(batch);
    await end();
    await faults.deliverAgain();
    expect(await expectResumed(batch)).toEqual([]);
  },
);

test('a failover on the same connection, to a replica that is promoted later', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  await hold.reached(3);
  await faults.inRedis((redis) => redis.replicaof('127.0.0.1', 1));
  hold.open();
  await faults.untilScored(batch, SCORED_WITHOUT_REDIS);
  expect((await faults.predict()).status).toBe(503);
  await faults.inRedis((redis) => redis.replicaof('NO', 'ONE'));
  await faults.deliverAgain();
  expect(await expectResumed(batch)).toEqual([]);
});

/** Large compared with buffers. */
const FILLER_BYTES = 256 * 1024 * 1024;
const FILLER = 'filler';
const setMaxMemory = (bytes: number) => faults.inRedis((redis) => redis.config('SET', 'maxmemory', bytes));

test('Redis nearly full: new work gets 503, running work finishes', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  await faults.inRedis(async (redis) => {
    await redis.setrange(FILLER, FILLER_BYTES, 'x');
    const usedBytes = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', Math.round(usedBytes / 0.95));
  });
  await waitUntil('the limit is noticed', async () => (await faults.predict()).status === 503);
  await expectNoNewWork();
  hold.open();
  expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
  await expectNoNewWork();
  await faults.inRedis((redis) => redis.del(FILLER));
  await setMaxMemory(0);
  await waitUntil('new work is accepted', async () => (await faults.predict()).status === 202);
});

test('Redis full: new work gets 503, running work finishes once memory is free', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  await hold.reached(3);
  await setMaxMemory(1);
  await expectNoNewWork();
  const refusals = () =>
    faults
      .logLines('worker-1')
      .filter((line) => line['queue'] === queueNames.shards && JSON.stringify(line).includes('OOM')).length;
  const before = refusals();
  hold.open();
  await waitUntil('the end of a shard is refused', () => refusals() > before);
  await setMaxMemory(0);
  await faults.deliverAgain();
  expect(await expectResumed(batch)).toEqual([]);
});

test.each([
  ['away', () => faults.proxy.cut()],
  ['frozen', () => faults.proxy.freeze()],
])('SIGTERM while Redis is %s: the worker stops in order', async (_, fault) => {
  const worker = await faults.startWorker();
  fault();
  worker.process.kill('SIGTERM');
  // A worker that exceeds its stop deadline exits with status 1.
  expect(await worker.exited).toBe(0);
});

test('a killed API is up again while Redis is unreachable, and goes on afterwards', async () => {
  const outage = { fail: () => faults.proxy.cut(), end: () => faults.proxy.restore() };
  expect(await killApiInOutage(faults, outage)).toEqual([200, 503]);
});

test('a second signal ends a worker without a parent at once', async () => {
  const worker = await faults.startWorker({}, { hasChannel: false });
  faults.proxy.freeze();
  worker.process.kill('SIGTERM');
  await waitUntil('it is stopping', () => worker.stdout().includes('"msg":"stopping"'));
  worker.process.kill('SIGTERM');
  expect(await worker.exited).toBe(1);
});
