import { randomUUID } from 'node:crypto';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { BacklogReader, type QueueBacklog } from './backlog';
import { createWorkerConnection } from '../redis/connection';
import { CANARY_TENANT, type QueueName, REDIS_PREFIX, queueNames } from '../jobs/job-types';
import { JobProducer } from '../jobs/job-producer';

const ignore = () => undefined;
/** Longer than any test, so that no job is redelivered. */
const LOCK_MS = 3_600_000;
let redis: RedisProcess;
let connection: Redis;
let producer: JobProducer;
let shards: Queue;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createWorkerConnection(redis.url, ignore);
  await waitUntil('Redis is ready', () => connection.status === 'ready');
  producer = new JobProducer(connection, ignore);
  shards = new Queue(queueNames.shards, { connection, prefix: REDIS_PREFIX, skipVersionCheck: true });
});

afterAll(async () => {
  await shards?.close();
  await producer?.stop();
  connection?.disconnect();
  await redis?.down();
});

beforeEach(() => connection.flushall());

const predict = (tenant = 't', predictionId: string = randomUUID()) =>
  producer.enqueuePrediction({ tenant, predictionId });
const enqueueBatch = (rows: number[], batchId = randomUUID()) =>
  producer.enqueueBatch({ tenant: 't', batchId, run: 1, shards: rows.map((count, shard) => ({ shard, rows: count })) });

async function read(
  reader = new BacklogReader(connection),
): Promise<Record<'predictions' | 'shards' | 'finalize', QueueBacklog>> {
  const [predictions, shardsBacklog, finalize] = await reader.read();
  return { predictions, shards: shardsBacklog, finalize };
}

/** Takes jobs like a worker and ends them as the test needs. */
async function withJobs(
  queue: QueueName,
  count: number,
  use: (jobs: Job<{ rows: number }>[]) => Promise<void>,
): Promise<void> {
  const own = createWorkerConnection(redis.url, ignore);
  const worker = new Worker(queue, null, {
    connection: own,
    prefix: REDIS_PREFIX,
    autorun: false,
    skipVersionCheck: true,
    lockDuration: LOCK_MS,
  });
  const jobs: Job[] = [];
  while (jobs.length < count) jobs.push((await worker.getNextJob(String(jobs.length))) as Job);
  await use(jobs);
  await worker.close();
  own.disconnect();
}

/** The backlog in rows, computed from each job. */
async function rowsInJobs(): Promise<number> {
  const jobs = await shards.getJobs(['wait', 'prioritized', 'active', 'delayed']);
  return jobs.reduce((sum, job) => sum + (job.data as { rows: number }).rows, 0);
}

test('an empty queue is an empty backlog', async () => {
  const none = {
    waiting: 0,
    prioritized: 0,
    delayed: 0,
    active: 0,
    failed: 0,
    isPaused: false,
    jobs: 0,
    rows: 0,
    oldestAgeSeconds: 0,
  };
  expect(await new BacklogReader(connection).read()).toEqual(
    Object.values(queueNames).map((name) => ({ name, ...none })),
  );
});

test('counts waiting, active and delayed jobs and their rows, and no others', async () => {
  await Promise.all([
    predict(),
    predict(),
    predict(CANARY_TENANT),
    enqueueBatch([1_000, 1_000, 500]),
    enqueueBatch([70]),
  ]);
  await withJobs(queueNames.shards, 4, async ([active, putOff, failing, done]) => {
    await putOff.moveToDelayed(Date.now() + 3_600_000, '1');
    await failing.moveToFailed(new Error('no'), '2');
    await done.moveToCompleted(undefined, '3', false);
    const { predictions, shards: backlog, finalize } = await read();
    expect(predictions).toMatchObject({ waiting: 2, jobs: 2, rows: 2 });
    expect(backlog).toMatchObject({
      waiting: 0,
      prioritized: 0,
      delayed: 2,
      active: 1,
      jobs: 3,
      rows: active.data.rows + putOff.data.rows + failing.data.rows,
    });
    // One of the batches may be finalizing by now.
    expect(finalize.rows).toBe(0);
  });
});

test('a store outage, which delays every job, changes neither the backlog nor its age', async () => {
  await Promise.all([enqueueBatch([40, 30, 20]), predict(), predict()]);
  const reader = new BacklogReader(connection);
  const jobs = [...(await shards.getJobs(['prioritized'])), ...(await producer.queues[0].getJobs(['wait']))];
  for (const job of jobs)
    await connection.hset(`${REDIS_PREFIX}:${job.queueName}:${job.id}`, 'timestamp', Date.now() - 600_000);
  const before = await read(reader);
  await withJobs(queueNames.shards, 3, (taken) => delayAll(taken));
  // Both records share a job.
  await withJobs(queueNames.predictions, 1, (taken) => delayAll(taken));
  const outage = await read(reader);
  expect(outage.shards).toMatchObject({ prioritized: 0, delayed: 3, jobs: 3, rows: 90 });
  expect(outage.predictions).toMatchObject({ waiting: 0, delayed: 2, jobs: 2, rows: 2 });
  for (const name of ['shards', 'predictions'] as const) {
    expect(before[name].oldestAgeSeconds).toBeGreaterThanOrEqual(600);
    expect(outage[name].oldestAgeSeconds).toBeGreaterThanOrEqual(before[name].oldestAgeSeconds);
  }
});

async function delayAll(jobs: Job[]): Promise<void> {
  for (const [index, job] of jobs.entries()) await job.moveToDelayed(Date.now() + 3_600_000, String(index));
}

test('is correct after any change: jobs taken, queue emptied, refilled with the same ids', async () => {
  const reader = new BacklogReader(connection);
  const ids = [randomUUID(), randomUUID()];
  await Promise.all(
    ids.map((id, i) =>
      enqueueBatch(
        Array.from({ length: 700 }, (_, shard) => shard + i),
        id,
      ),
    ),
  );
  expect((await read(reader)).shards).toMatchObject({ jobs: 1_400, rows: await rowsInJobs() });
  await shards.remove(`${ids[0]}.1.699`);
  expect((await read(reader)).shards).toMatchObject({ jobs: 1_399, rows: await rowsInJobs() });
  await connection.flushall();
  expect((await read(reader)).shards).toMatchObject({ jobs: 0, rows: 0, oldestAgeSeconds: 0 });
  await enqueueBatch([12, 13], ids[0]);
  expect((await read(reader)).shards).toMatchObject({ jobs: 2, rows: 25 });
});

test('reports a paused queue and the age of the oldest job', async () => {
  const enqueuedAtMs = Date.now();
  await enqueueBatch([1]);
  await shards.pause();
  await waitUntil('the oldest job ages', async () => (await read()).shards.oldestAgeSeconds > 0.05);
  const { shards: backlog, predictions } = await read();
  expect(backlog).toMatchObject({ isPaused: true, jobs: 1 });
  expect(backlog.oldestAgeSeconds).toBeLessThanOrEqual((Date.now() - enqueuedAtMs) / 1_000);
  expect(predictions).toMatchObject({ isPaused: false, oldestAgeSeconds: 0 });
  await shards.resume();
});

test('the position of a record counts the records ahead', async () => {
  const ids = ['first', 'second', 'third'];
  for (const id of ids) await predict('t', id);
  expect(await Promise.all(ids.map((id) => producer.singleRecords.position(id)))).toEqual([1, 2, 3]);
  expect(await producer.singleRecords.position('unknown')).toBeUndefined();
  await withJobs(queueNames.predictions, 1, async () => {
    expect(await Promise.all(ids.map((id) => producer.singleRecords.position(id)))).toEqual([undefined, 1, 2]);
  });
});

test('a job with a damaged payload does not prevent counting the others', async () => {
  const id = randomUUID();
  await Promise.all([predict('t', id), predict(), enqueueBatch([30])]);
  await connection.hset(`${REDIS_PREFIX}:${queueNames.predictions}:${id}`, 'data', '{"v":1,"ten');
  const { predictions, shards: batches } = await read();
  expect([predictions.jobs, batches.rows]).toEqual([2, 30]);
});
