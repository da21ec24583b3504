import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { ModelRegistry } from '@cytoqueue/registry';
import { FaultStack } from '../support/fault-stack';
import { ROOT, isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const SHARDS = 5;
/** A worker with one scoring thread takes this many shards at once. */
const SLOTS = 3;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(SHARDS * 1_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

const healthOf = async (port: number, check = 'live') =>
  (await fetch(`http://127.0.0.1:${port}/health/${check}`)).status;

async function championVersion(): Promise<string> {
  return (await faults.score()).model.version;
}

test('a shard whose worker is killed three times is scored by the fourth', async () => {
  const hold = faults.hold(/\/shards\/00001\./);
  const batch = await faults.upload();
  for (let kill = 1; kill <= 3; kill++) {
    await hold.reached(kill);
    await faults.killWorkers();
  }
  const deliveries = await hold.reached(4);
  hold.open();
  expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
  expect(new Set(deliveries.map(({ pid }) => pid)).size).toBe(4);
});

test('on SIGTERM a worker finishes the shards it has taken, exits with status 0 and leaves the others to the next worker', async () => {
  const taken = faults.hold(/\/shards\/0000[123]\./);
  const left = faults.hold(/\/shards\/00004\./);
  const batch = await faults.upload();
  const [worker] = faults.ready.pids.workers as [number];
  await taken.reached(SLOTS);
  await faults.untilScored(batch, 1);
  process.kill(worker, 'SIGTERM');
  await waitUntil('it is stopping', () =>
    faults.logLines('worker-1').some(({ msg, pid }) => msg === 'stopping' && pid === worker),
  );
  expect(await faults.shardObjects(batch)).toHaveLength(1);
  taken.open();
  await waitUntil('it has ended', () => !isRunning(worker));
  const [next] = await left.reached();
  expect(await faults.shardObjects(batch)).toHaveLength(1 + SLOTS);
  expect(next?.pid).not.toBe(worker);
  expect(faults.stack.stderr()).toMatch(/worker-1 has ended \(exit code 0\)/);
  left.open();
  await faults.expectComplete(batch);
});

test('during a long shard a worker renews locks, answers health checks and scores records; a worker without progress is not live', async () => {
  const stalling = await faults.startWorker({ WORKER_STALL_SECONDS: '1' });
  const hold = faults.hold(/\/shards\//);
  const answers = faults.hold(/\/predictions\/.*\/result\.json/);
  // Together the workers take six of the ten shards; the others wait.
  const batches = [await faults.upload(), await faults.upload()] as const;
  await hold.reached(2 * SLOTS);
  const { port } = faults.logLines('worker-1').findLast(({ msg }) => msg === 'ready') as { port: number };
  expect([await healthOf(port), await healthOf(port, 'ready')]).toEqual([200, 200]);
  const record = (await faults.predict()).json.id as string;
  await answers.reached();
  // Every queue renews its locks in the same way; a record's lock expires first, after seconds.
  const lock = `${REDIS_PREFIX}:${queueNames.predictions}:${jobIds.prediction(record)}:lock`;
  await faults.inRedis(async (redis) => {
    const ttlMs = await redis.pttl(lock);
    expect(ttlMs).toBeGreaterThan(0);
    // Without renewal the time to live only falls.
    await waitUntil('the lock is renewed', async () => (await redis.pttl(lock)) > ttlMs);
  });
  answers.open();
  await waitUntil(
    'the record is scored',
    async () => (await faults.client.get(`/v1/predictions/${record}`)).json.status === 'succeeded',
  );
  await waitUntil('the other worker reports that it is stalled', async () => (await healthOf(stalling.port)) === 503);
  expect(await healthOf(port)).toBe(200);
  hold.open();
  await waitUntil('it is live again', async () => (await healthOf(stalling.port)) === 200);
  for (const batch of batches) await faults.expectComplete(batch);
});

/** Promotes a copy of the shipped model with another threshold, so that its predictions differ. */
async function promoteNextVersion(registry: ModelRegistry): Promise<void> {
  const { digest: _, ...file } = parseModel(
    readFileSync(join(ROOT, 'packages/registry/models/wbc-knn/1.0.0.json')),
  ).file;
  const next = serializeModel({ ...file, version: '1.2.0', operating_points: { default: 0.9, sensitivity99: 0.3 } });
  await registry.add(Buffer.from(next));
  await registry.promote('wbc-knn', '1.2.0', 'test', { unknown: true });
}

test('workers started before and after a promotion score a batch by the version pinned at its acceptance', async () => {
  const registry = new ModelRegistry(faults.store);
  const { batch, hold } = await faults.uploadAndHold();
  await hold.reached(SLOTS);
  await promoteNextVersion(registry);
  try {
    await faults.startWorker();
    // The older worker's slots are taken, so the last shard goes to the newer one.
    const writes = await hold.reached(SHARDS - 1);
    expect(new Set(writes.map(({ pid }) => pid)).size).toBe(2);
    hold.open();
    expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
    // The API caches the champion for some seconds, on a fast machine longer than the batch takes.
    expect(await waitUntil('the promoted version is champion', async () => (await championVersion()) === '1.2.0')).toBe(
      true,
    );
  } finally {
    await registry.rollBack('wbc-knn', 'test');
    await waitUntil('the first version is champion again', async () => (await championVersion()) === '1.1.0');
  }
});

test('a job payload of an unknown version is left for a worker that supports it', async () => {
  const last = SHARDS - 1;
  const { batch, key } = await faults.whilePaused(async () => {
    const id = await faults.upload();
    const job = `${REDIS_PREFIX}:${queueNames.shards}:${jobIds.shard(id, 1, last)}`;
    await setPayloadVersion(job, 4);
    return { batch: id, key: job };
  });
  await faults.untilScored(batch, last);
  const untried = await waitUntil('the other one was delivered more than once', async () => {
    await faults.passDelays();
    const [starts, attempts, failure, finished] = await faults.inRedis((redis) =>
      redis.hmget(key, 'ats', 'atm', 'failedReason', 'finishedOn'),
    );
    return Number(starts) > 1 && { attempts, failure, finished };
  });
  expect(untried).toEqual({ attempts: null, failure: null, finished: null });
  expect(await faults.shardObjects(batch)).toHaveLength(last);
  await setPayloadVersion(key, 1);
  await faults.passDelays();
  expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
});

function setPayloadVersion(job: string, version: number): Promise<number> {
  return faults.inRedis(async (redis) => {
    const data = JSON.parse((await redis.hget(job, 'data')) as string) as object;
    return redis.hset(job, 'data', JSON.stringify({ ...data, v: version }));
  });
}

/** More than two workers take at once (16 each), so that both have some. */
const RECORDS = 40;

test.each(['SIGSTOP', 'SIGKILL'] as const)(
  'records whose worker gets a %s before it stores their results are all answered',
  async (signal) => {
    const hold = faults.hold(/\/predictions\/.*\/result\.json/);
    const worker = await faults.startWorker();
    const ids = await Promise.all(
      Array.from({ length: RECORDS }, async () => (await faults.predict()).json.id as string),
    );
    await waitUntil('the worker has results to store', () => hold.held().some(({ pid }) => pid === worker.pid));
    process.kill(worker.pid, signal);
    hold.open();
    await faults.deliverAgain();
    const statusOf = async (id: string) => (await faults.client.get(`/v1/predictions/${id}`)).json.status as string;
    const ended = ids.map((id) =>
      waitUntil('the record has ended', async () => {
        const status = await statusOf(id);
        return !['queued', 'processing'].includes(status) && status;
      }),
    );
    expect(new Set(await Promise.all(ended))).toEqual(new Set(['succeeded']));
  },
);
