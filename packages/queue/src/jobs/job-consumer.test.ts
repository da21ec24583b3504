import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { jobKey } from './bullmq-keys';
import { JobConsumer, type JobConsumerOptions } from './job-consumer';
import { type FinalizeJob, type PredictionJob, REDIS_PREFIX, type ShardJob, jobIds, queueNames } from './job-types';
import { JobProducer } from './job-producer';
import { UnrecoverableError } from '../index';

let redis: RedisProcess;
let producing: Redis;
let working: Redis;
let producer: JobProducer;
const errors: Error[] = [];
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await RedisProcess.start();
  producing = createProducerConnection(redis.url, (error) => errors.push(error));
  working = createWorkerConnection(redis.url, (error) => errors.push(error));
  producer = new JobProducer(producing, (error) => errors.push(error));
  await waitUntil('Redis is ready', () => producing.status === 'ready');
});

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await working.flushall();
  const [error] = errors.splice(0);
  if (error !== undefined) throw error;
});

afterAll(async () => {
  await producer.stop();
  producing.disconnect();
  working.disconnect();
  await redis?.down();
});

function consume<T extends { v: number }>(
  options: Pick<JobConsumerOptions<T>, 'queue' | 'process'> & Partial<JobConsumerOptions<T>>,
): JobConsumer<T> {
  const consumer = new JobConsumer<T>({
    connection: working,
    concurrency: 4,
    onFailedForGood: async () => undefined,
    onError: (error) => errors.push(error),
    ...options,
  });
  stops.push(() => consumer.stop());
  consumer.start();
  return consumer;
}

const predict = (predictionId: string) => producer.enqueuePrediction({ tenant: 't', predictionId });

/** A promise that the test resolves and a job awaits, so that no test needs a timer. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe('a consumer', () => {
  test('takes fewer jobs at once when each counts as several, also those that wait already when it starts', async () => {
    const opens: (() => void)[] = [];
    let [running, most, done] = [0, 0, 0];
    const ids = Array.from({ length: 12 }, (_, index) => `job-${index}`);
    for (const id of ids) await predict(id);
    consume<PredictionJob>({
      queue: queueNames.predictions,
      concurrency: 8,
      weightOf: () => 4,
      process: async () => {
        const { open, opened } = gate();
        opens.push(open);
        running++;
        most = Math.max(most, running);
        await opened;
        running--;
        done++;
      },
    });
    await waitUntil('every job is done', () => {
      opens.splice(0, 1).forEach((open) => open());
      return done === ids.length;
    });
    // Two, and one each that is taken by itself and with the completion of another, before its weight is known.
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThanOrEqual(2);
  });

  test('started twice processes each job once, whether added before or after', async () => {
    const done: string[] = [];
    await predict('a');
    const consumer = consume<PredictionJob>({
      queue: queueNames.predictions,
      process: async ({ data }) => void done.push(data.predictionId),
    });
    consumer.start();
    await predict('b');
    await waitUntil('both jobs are done', () => done.length === 2);
    await waitUntil(
      'the job is completed in Redis',
      async () => (await producer.singleRecords.state('b')) === 'completed',
    );
    expect(done).toEqual(['a', 'b']);
  });

  test('that stops waits for the running job, every time it is called, and cannot start again', async () => {
    const { open, opened } = gate();
    const events: string[] = [];
    const consumer = consume<PredictionJob>({
      queue: queueNames.predictions,
      process: async () => {
        events.push('started');
        await opened;
        events.push('done');
      },
    });
    await predict('a');
    await waitUntil('the job runs', () => events.includes('started'));
    const stopping = consumer.stop();
    expect(consumer.stop()).toBe(stopping);
    void stopping.then(() => events.push('stopped'));
    open();
    await stopping;
    expect(await producer.singleRecords.state('a')).toBe('completed');
    consumer.start();
    const next: string[] = [];
    consume<PredictionJob>({
      queue: queueNames.predictions,
      process: async ({ data }) => void next.push(data.predictionId),
    });
    await predict('b');
    await waitUntil('another consumer takes the next job', () => next.length > 0);
    expect(events).toEqual(['started', 'done', 'stopped']);
  });

  test('that stops waits for onFailedForGood', async () => {
    const { open, opened } = gate();
    const events: string[] = [];
    const clientIds = async () =>
      Array.from(((await working.client('LIST')) as string).matchAll(/^id=(\d+)/gm), ([, id]) => id);
    const before = new Set(await clientIds());
    const consumer = consume<PredictionJob>({
      queue: queueNames.predictions,
      process: () => Promise.reject(new UnrecoverableError('no')),
      onFailedForGood: async ({ data }, error) => {
        events.push(`${data.predictionId} ${error.message}`);
        await opened;
        events.push('handler done');
      },
    });
    await predict('a');
    await waitUntil('the job has failed', () => events.length > 0);
    const own = await waitUntil('the worker is connected', async () => {
      const ids = (await clientIds()).filter((id) => !before.has(id));
      return ids.length > 0 && ids;
    });
    const stopping = consumer.stop().then(() => events.push('stopped'));
    await waitUntil('the worker has closed its connection', async () =>
      (await clientIds()).every((id) => !own.includes(id)),
    );
    open();
    await stopping;
    expect(events).toEqual(['a no', 'handler done', 'stopped']);
  });

  test('that never started can be stopped', async () => {
    const options = {
      queue: queueNames.predictions,
      connection: working,
      concurrency: 1,
      process: async () => undefined,
      onFailedForGood: async () => undefined,
    };
    await expect(
      new JobConsumer<PredictionJob>({ ...options, onError: (error) => errors.push(error) }).stop(),
    ).resolves.toBeUndefined();
  });

  test('retries, and calls onFailedForGood only after the last attempt', async () => {
    let attempts = 0;
    const exhausted: string[] = [];
    consume<PredictionJob>({
      queue: queueNames.predictions,
      process: async () => {
        if (++attempts < 3) throw new Error('not yet');
      },
      onFailedForGood: async ({ data }) => void exhausted.push(data.predictionId),
    });
    await predict('a');
    await waitUntil(
      'the third attempt succeeds',
      async () => (await producer.singleRecords.state('a')) === 'completed',
    );
    expect([attempts, exhausted]).toEqual([3, []]);
  });

  test('postpones a payload of a later version, without failing it or using an attempt', async () => {
    const queue = new Queue<{ v: number }>(queueNames.predictions, { connection: producing, prefix: REDIS_PREFIX });
    const done: unknown[] = [];
    const onFailedForGood = async () => void done.push('handler done');
    const consumer = consume<PredictionJob>({
      queue: queueNames.predictions,
      process: async ({ data }) => void done.push(data),
      onFailedForGood,
    });
    const { id } = await queue.add('prediction', { v: 4 }, { jobId: 'later', attempts: 1 });
    await waitUntil('the job is delayed', async () => (await queue.getDelayedCount()) === 1);
    const job = await queue.getJob(id as string);
    expect([job?.attemptsMade, job?.failedReason, done]).toEqual([0, undefined, []]);
    // The job may have become due by itself.
    await job?.promote().catch(() => undefined);
    await waitUntil(
      'the job is delayed again',
      async () => ((await queue.getJob(id as string))?.attemptsStarted ?? 0) >= 2,
    );
    await consumer.stop();
    expect(done).toEqual([]);
    await queue.close();
  });
});

test.each(['data', 'opts', 'parent', 'progress'])(
  'a failed job calls onFailedForGood although the next job has an unreadable %s field',
  async (field) => {
    const exhausted: string[] = [];
    const unexpected: Error[] = [];
    await predict('first');
    await predict('next');
    await working.hset(jobKey(queueNames.predictions, 'next'), field, '{"broken');
    consume<PredictionJob>({
      queue: queueNames.predictions,
      concurrency: 1,
      process: () => Promise.reject(new UnrecoverableError('no')),
      onFailedForGood: async ({ id }) => void exhausted.push(id as string),
      onError: (error) => void (error instanceof SyntaxError || unexpected.push(error)),
    });
    await waitUntil('the first job has called its handler', () => exhausted.includes('first'));
    expect([await producer.singleRecords.state('first'), unexpected]).toEqual(['failed', []]);
  },
);

test('a job completes once although the next job is unreadable, which is delivered later', async () => {
  const processed: string[] = [];
  await predict('first');
  await predict('next');
  await working.hset(jobKey(queueNames.predictions, 'next'), 'opts', '{"broken');
  consume<PredictionJob>({
    queue: queueNames.predictions,
    concurrency: 1,
    process: async ({ id }) => void processed.push(id as string),
    onFailedForGood: async ({ id }) => void processed.push(`${id} failed`),
    onError: () => undefined,
  });
  await waitUntil('the next job is processed', () => processed.includes('next'));
  expect([await producer.singleRecords.state('first'), processed]).toEqual(['completed', ['first', 'next']]);
});

describe('a batch', () => {
  const batchId = 'batch_x';
  const shards = [0, 1, 2].map((shard) => ({ shard, rows: 10 }));

  /** Runs a batch in which `outcome` ends each shard. Returns the order of events and the failed shards that the finalizer sees. */
  async function run(outcome: (job: ShardJob) => Promise<void>): Promise<{ order: string[]; ignored: string[] }> {
    const order: string[] = [];
    let ignored: string[] | undefined;
    consume<FinalizeJob>({
      queue: queueNames.finalize,
      process: async (job) => {
        order.push('finalize');
        ignored = Object.keys(await job.getIgnoredChildrenFailures());
      },
    });
    consume<ShardJob>({
      queue: queueNames.shards,
      concurrency: 1,
      process: async ({ data }) => {
        order.push(`shard ${data.shard}`);
        await outcome(data);
      },
    });
    await producer.enqueueBatch({ tenant: 't', batchId, run: 1, shards });
    return { order, ignored: await waitUntil('the batch is finalized', () => ignored) };
  }

  test('is finalized once, after its last shard', async () => {
    const { order, ignored } = await run(async () => undefined);
    expect(order).toEqual(['shard 0', 'shard 1', 'shard 2', 'finalize']);
    expect(ignored).toEqual([]);
  });

  test('is finalized although a shard has failed for good, and the finalizer sees the failed shard', async () => {
    const { order, ignored } = await run(async ({ shard }) => {
      if (shard === 1) throw new UnrecoverableError('no');
    });
    expect(order).toEqual(['shard 0', 'shard 1', 'shard 2', 'finalize']);
    expect(ignored).toEqual([`${REDIS_PREFIX}:${queueNames.shards}:${jobIds.shard(batchId, 1, 1)}`]);
  });

  test('without shards to score is finalized at once', async () => {
    let finalized = false;
    consume<FinalizeJob>({ queue: queueNames.finalize, process: async () => void (finalized = true) });
    await producer.enqueueBatch({ tenant: 't', batchId, run: 2, shards: [] });
    expect(await waitUntil('the batch is finalized', () => finalized)).toBe(true);
  });

  test('enqueued again during or after its run is not run twice', async () => {
    const { order } = await run(({ shard }) =>
      shard === 1 ? producer.enqueueBatch({ tenant: 't', batchId, run: 1, shards }) : Promise.resolve(),
    );
    await producer.enqueueBatch({ tenant: 't', batchId, run: 1, shards });
    const finalize = new Queue(queueNames.finalize, { connection: producing, prefix: REDIS_PREFIX });
    await waitUntil(
      'no job is left',
      async () => (await finalize.getJobCountByTypes('waiting', 'active', 'waiting-children', 'delayed')) === 0,
    );
    expect(order).toEqual(['shard 0', 'shard 1', 'shard 2', 'finalize']);
    await finalize.close();
  });
});
