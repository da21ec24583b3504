import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { REDIS_PREFIX, jobIds, queueNames } from './job-types';
import { JobProducer } from './job-producer';
import { BatchProgress } from '../stats/progress';
import { QueueUnavailableError } from '../redis/errors';

let redis: RedisProcess;
let connection: Redis;
let producer: JobProducer;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

afterAll(() => redis?.down());

/** These tests cause connection errors on purpose. */
const ignore = () => undefined;

beforeEach(() => {
  connection = createProducerConnection(redis.url, ignore);
  producer = new JobProducer(connection, ignore);
});

afterEach(async () => {
  await producer.stop();
  connection.disconnect();
});

const predict = (predictionId = randomUUID()) => producer.enqueuePrediction({ tenant: 't', predictionId });
const enqueueBatch = (batchId = randomUUID()) =>
  producer.enqueueBatch({
    tenant: 't',
    batchId,
    run: 1,
    shards: [
      { shard: 0, rows: 5 },
      { shard: 1, rows: 3 },
    ],
  });

async function untilTaken(): Promise<void> {
  await waitUntil('work is accepted', () =>
    predict().then(
      () => true,
      () => undefined,
    ),
  );
}

async function failure(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => 'succeeded',
    (error: unknown) => error,
  );
}

test('adding the same work twice adds it once', async () => {
  await untilTaken();
  const id = randomUUID();
  await Promise.all([predict(id), predict(id), enqueueBatch(id), enqueueBatch(id)]);
  await enqueueBatch(id);
  const options = { connection, prefix: REDIS_PREFIX, skipVersionCheck: true };
  const queues = {
    predictions: new Queue(queueNames.predictions, options),
    shards: new Queue(queueNames.shards, options),
    finalize: new Queue(queueNames.finalize, options),
  };
  const ids = async (queue: Queue, state: 'waiting' | 'prioritized' | 'waiting-children') =>
    (await queue.getJobs([state])).flatMap((job) => (job.id?.startsWith(id) ? [job.id] : [])).sort();
  expect(await ids(queues.predictions, 'waiting')).toEqual([id]);
  expect(await ids(queues.shards, 'prioritized')).toEqual([jobIds.shard(id, 1, 0), jobIds.shard(id, 1, 1)]);
  expect(await ids(queues.finalize, 'waiting-children')).toEqual([jobIds.finalize(id, 1)]);
  const parent = await queues.finalize.getJob(jobIds.finalize(id, 1));
  expect((await parent?.getDependenciesCount())?.unprocessed).toBe(2);
  await Promise.all(Object.values(queues).map((queue) => queue.close()));
});

test('concurrent checks of availability share one write, a later one writes again', async () => {
  await untilTaken();
  const writes = async () => Number(/^cmdstat_set:calls=(\d+)/m.exec(await connection.info('commandstats'))?.[1] ?? 0);
  const before = await writes();
  await Promise.all(Array.from({ length: 20 }, () => producer.assertAvailable()));
  expect((await writes()) - before).toBe(1);
  await producer.assertAvailable();
  expect((await writes()) - before).toBe(2);
});

test('the state of added and of unknown work is reported', async () => {
  await untilTaken();
  const id = randomUUID();
  await predict(id);
  expect(await producer.singleRecords.state(id)).toBe('queued');
  expect(await producer.singleRecords.state(randomUUID())).toBe('unknown');
});

describe('a Redis that does not answer', () => {
  afterEach(() => redis.thaw());

  test('makes every request fail with QueueUnavailableError, without hanging', async () => {
    await untilTaken();
    redis.freeze();
    const requests = [
      () => predict(),
      () => enqueueBatch(),
      () => producer.singleRecords.state('x'),
      () => new BatchProgress(connection).read('x', 1),
    ];
    for (const error of await Promise.all(requests.map(failure))) expect(error).toBeInstanceOf(QueueUnavailableError);
    redis.thaw();
    await untilTaken();
    await enqueueBatch();
  });

  test('may have run a command that timed out; repeating it adds the work once', async () => {
    await untilTaken();
    const id = randomUUID();
    redis.freeze();
    expect(await failure(() => predict(id))).toBeInstanceOf(QueueUnavailableError);
    redis.thaw();
    await untilTaken();
    await predict(id);
    expect(await producer.singleRecords.state(id)).toBe('queued');
  });
});

describe('a Redis that is down', () => {
  afterEach(() => redis.up());

  test('makes requests fail at once, and succeed when it is back', async () => {
    await untilTaken();
    await redis.down();
    expect(await failure(() => predict())).toBeInstanceOf(QueueUnavailableError);
    expect(await failure(() => enqueueBatch())).toBeInstanceOf(QueueUnavailableError);
    await redis.up();
    await untilTaken();
    await enqueueBatch();
    await redis.down();
  });

  test('does not prevent a start or a stop', async () => {
    await redis.down();
    const late = createProducerConnection(redis.url, ignore);
    const lateProducer = new JobProducer(late, ignore);
    expect(await failure(() => lateProducer.enqueuePrediction({ tenant: 't', predictionId: 'x' }))).toBeInstanceOf(
      QueueUnavailableError,
    );
    await lateProducer.stop();
    late.disconnect();
  });
});

test('promoteSkewedDelays promotes a job due later than any delay we set, once, and no other', async () => {
  await untilTaken();
  const queue = new Queue(queueNames.predictions, { connection, prefix: REDIS_PREFIX, skipVersionCheck: true });
  const [misdated, waiting] = [randomUUID(), randomUUID()];
  await queue.add('prediction', { v: 1 }, { jobId: misdated, delay: 3_600_000 });
  await queue.add('prediction', { v: 1 }, { jobId: waiting, delay: 600_000 });
  const promoted = await Promise.all([
    producer.promoteSkewedDelays(Date.now()),
    producer.promoteSkewedDelays(Date.now()),
  ]);
  expect(promoted[0] + promoted[1]).toBe(1);
  expect([await queue.getJobState(misdated), await queue.getJobState(waiting)]).toEqual(['waiting', 'delayed']);
  await queue.close();
});

/** Sets Redis's memory limit so that 95 % are in use: above the 90 % from which new work is refused, but not full. */
async function limitMemory(admin: Redis): Promise<void> {
  const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
  await admin.config('SET', 'maxmemory', Math.round(used / 0.95));
}

test('above 90 % of Redis memory new work is refused and accepted work is re-enqueued', async () => {
  await untilTaken();
  // A connection without the producer's command timeout.
  const admin = createWorkerConnection(redis.url, ignore);
  // Large compared with connection buffers, which must stay below 5 %.
  await admin.setrange('filler', 128 * 1024 * 1024, 'x');
  try {
    await waitUntil('new work is refused', async () => {
      await limitMemory(admin);
      return (await failure(() => predict())) instanceof QueueUnavailableError;
    });
    await limitMemory(admin);
    expect(await failure(() => enqueueBatch())).toBeInstanceOf(QueueUnavailableError);
    const predictionId = randomUUID();
    await waitUntil('accepted work is re-enqueued', async () => {
      await limitMemory(admin);
      return producer.singleRecords.addAgain({ tenant: 't', predictionId }).then(
        () => true,
        () => false,
      );
    });
    expect(await producer.singleRecords.state(predictionId)).toBe('queued');
  } finally {
    await admin.config('SET', 'maxmemory', 0);
    await admin.del('filler');
    admin.disconnect();
  }
  await untilTaken();
});
