import { randomUUID } from 'node:crypto';
import { BatchProgress, MinuteCounters, REDIS_PREFIX, WorkerHeartbeat, createWorkerConnection } from '@cytoqueue/queue';
import { emptyCounts } from '@cytoqueue/records';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RECORD, RunningApi } from '../../test/running-api';
import { toGauges } from './gauges';
import { QueueStatusReader } from './queue-status';

let redis: RedisProcess;
let api: RunningApi;
let working: Redis;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  working = createWorkerConnection(redis.url, () => undefined);
});

beforeEach(() => working.flushall());

afterAll(async () => {
  working?.disconnect();
  await api?.stop();
  await redis?.down();
});

interface QueueBody {
  backlog_rows: number;
  workers_alive: number;
  drain_seconds: number | null;
  rows_per_second: number;
  [field: string]: unknown;
}

const { changed: _, ...NO_COUNTS } = emptyCounts();

const readQueue = async () => (await (await api.fetch('/v1/queue', { role: 'operator' })).json()) as QueueBody;

/** Submits a record and a batch with 1,000 rows together. */
async function enqueue(): Promise<void> {
  await api.predict(RECORD);
  await api.producer.enqueueBatch({
    tenant: 'lab',
    batchId: randomUUID(),
    run: 1,
    shards: [
      { shard: 0, rows: 700 },
      { shard: 1, rows: 299 },
    ],
  });
}

test('is accessible to operators and admins only', async () => {
  const statusFor = async (role: 'member' | 'operator' | 'admin') => (await api.fetch('/v1/queue', { role })).status;
  expect([await statusFor('member'), await statusFor('operator'), await statusFor('admin')]).toEqual([403, 200, 200]);
});

test('reports backlog, workers, throughput and failures', async () => {
  const idle = await waitUntil('the figures are of the empty queue', async () => {
    const body = await readQueue();
    return body.backlog_rows === 0 && body;
  });
  expect(idle).toMatchObject({
    backlog_rows: 0,
    backlog_jobs: 0,
    oldest_job_age_seconds: 0,
    workers_alive: 0,
    rows_per_second: 0,
    stalled: false,
    drain_seconds: 0,
  });
  expect(idle).toMatchObject({
    latency: { prediction_wait_ms: null, prediction_total_ms: null },
    failures: { shards_failed: 0, jobs_retried: 0 },
  });
  await enqueue();
  const waiting = await waitUntil('the figures are new', async () => {
    const body = await readQueue();
    return body.backlog_rows > 0 && body;
  });
  expect(waiting).toMatchObject({ backlog_rows: 1_000, backlog_jobs: 3, workers_alive: 0, drain_seconds: null });
  expect(waiting['queues']).toMatchObject([
    { name: 'predictions', waiting: 1, backlog_rows: 1 },
    { name: 'shards', prioritized: 2, backlog_rows: 999 },
    { name: 'finalize', waiting: 0, backlog_rows: 0 },
    { name: 'trainings', waiting: 0, backlog_rows: 0 },
  ]);
});

test('derives the time to drain from the workers alive and the recent throughput', async () => {
  await enqueue();
  const presence = new WorkerHeartbeat(working, 'w', 2);
  presence.start();
  const assumed = await waitUntil('the worker is seen', async () => {
    const found = await readQueue();
    return found.workers_alive === 1 && found;
  });
  expect(assumed.drain_seconds).toBeGreaterThan(0);
  const progress = new BatchProgress(working);
  await progress.recordScoringSpeed('sha256:1', 1_000, 100_000);
  const values = { 'PredictionQueueWait|3': 98, 'PredictionQueueWait|40': 2, 'PredictionLatency|7.5': 100 };
  await new MinuteCounters(working).add({ ShardsFailed: 1, JobsRetried: 4, ...values });
  await progress.countShard('batch', 1, 0, { ...NO_COUNTS, succeeded: 500_000_000 });
  const body = await waitUntil('the pace is seen', async () => {
    const found = await readQueue();
    return found.drain_seconds !== assumed.drain_seconds && found;
  });
  expect(body).toMatchObject({ backlog_rows: 1_000, drain_seconds: 50, stalled: false });
  expect(body['rows_per_second']).toBeGreaterThan(0);
  expect(body['workers']).toEqual([{ id: 'w', alive: true, slots: 2, last_heartbeat_at: expect.any(String) }]);
  expect(body).toMatchObject({ stalled_since: null, history: { length: 59 } });
  expect(body['failures']).toEqual({ shards_failed: 1, jobs_retried: 4 });
  expect(body['latency']).toEqual({
    prediction_wait_ms: { p50: 3, p99: 40 },
    prediction_total_ms: { p50: 7.5, p99: 7.5 },
  });
  await presence.stop();
  await waitUntil('the worker is gone', async () => (await readQueue()).workers_alive === 0);
});

test('is stalled, without throughput or estimate, while rows wait and none finish; a paused queue is not', async () => {
  await enqueue();
  const presence = new WorkerHeartbeat(working, 'w', 2);
  presence.start();
  // A new reader each time, without jobs cached before the change.
  const read = () => new QueueStatusReader(working, new BatchProgress(working)).read();
  await waitUntil('the worker is seen', async () => (await read()).workersAlive === 1);
  expect(await read()).toMatchObject({ stalled: false, drainSeconds: expect.any(Number) });
  await setBack();
  const stalled = await read();
  expect(stalled).toMatchObject({ backlogRows: 1_000, stalled: true, rowsPerSecond: 0, drainSeconds: undefined });
  expect(stalled.stalledSeconds).toBeGreaterThanOrEqual(3_600);
  const drain = toGauges(await read()).find(({ name }) => name === 'DrainSeconds');
  expect(drain?.value).toBeGreaterThanOrEqual(3_600);
  const [predictions, shards] = api.producer.queues;
  await Promise.all([predictions.pause(), shards.pause()]);
  expect(await read()).toMatchObject({ stalled: false });
  await Promise.all([predictions.resume(), shards.resume()]);
  await presence.stop();
});

test('the history has the rows and the backlog of earlier minutes', async () => {
  const reader = new QueueStatusReader(working, new BatchProgress(working));
  const minute = Math.floor(Number((await working.time())[0]) / 60);
  await working.hset(`${REDIS_PREFIX}:sums:${minute - 10}`, 'RowsPredicted', 100, 'RowsRejected', 20);
  await working.zadd(`${REDIS_PREFIX}:backlog-history`, minute - 10, `${minute - 10}:7`);
  const { history } = await reader.read();
  const busy = history.filter(({ rowsPerSecond }) => rowsPerSecond > 0);
  expect(busy).toEqual([{ startMs: (minute - 10) * 60_000, rowsPerSecond: 2, backlogRows: 7 }]);
});

/** Makes the queued rows and the last finished ones an hour older. */
async function setBack(): Promise<void> {
  const jobs = [
    ...(await api.producer.queues[0].getJobs(['wait'])),
    ...(await api.producer.queues[1].getJobs(['prioritized'])),
  ];
  const anHourAgo = Date.now() - 3_600_000;
  for (const job of jobs) await working.hset(`${REDIS_PREFIX}:${job.queueName}:${job.id}`, 'timestamp', anHourAgo);
  await working.hset(`${REDIS_PREFIX}:throughput`, 'lastMs', anHourAgo);
}

test('a queued record shows its position', async () => {
  await api.predict(RECORD);
  const id = await api.predict(RECORD);
  const body = (await (await api.fetch(`/v1/predictions/${id}`)).json()) as Record<string, unknown>;
  expect(body).toMatchObject({ status: 'queued', queue_position: 2 });
});
