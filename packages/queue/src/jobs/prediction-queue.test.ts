import { Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { QueueUnavailableError } from '../redis/errors';
import { MinuteCounters } from '../stats/minute-counters';
import { groupKey, jobKey } from './bullmq-keys';
import { CANARY_TENANT, MAX_GROUP_RECORDS, REDIS_PREFIX, jobIds, queueNames } from './job-types';
import { JobProducer } from './job-producer';
import type { PredictionQueue } from './prediction-queue';

let redis: RedisProcess;
let connection: Redis;
let workerConnection: Redis;
let producer: JobProducer;
let records: PredictionQueue;
let worker: Worker;

const ignore = () => undefined;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createProducerConnection(redis.url, ignore);
  producer = new JobProducer(connection, ignore);
  records = producer.singleRecords;
  workerConnection = createWorkerConnection(redis.url, ignore);
  worker = new Worker(queueNames.predictions, null, {
    connection: workerConnection,
    prefix: REDIS_PREFIX,
    autorun: false,
    skipVersionCheck: true,
    lockDuration: 600_000,
  });
  await waitUntil('Redis is connected', () => connection.status === 'ready');
});

afterAll(async () => {
  await worker?.close();
  workerConnection?.disconnect();
  await producer?.stop();
  connection?.disconnect();
  await redis?.down();
});

beforeEach(() => connection.flushall());

const namesOf = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => `pred_${prefix}${index}`);
const addTogether = (ids: readonly string[], tenant = 'lab') =>
  Promise.all(ids.map((predictionId) => records.add({ tenant, predictionId })));
const waitingIds = () => connection.lrange(`${REDIS_PREFIX}:predictions:wait`, 0, -1);
const takeJob = async () => (await worker.getNextJob('token')) as Job;

test('records of one turn share a job, those of another tenant and of another turn do not', async () => {
  const ids = namesOf(3);
  await Promise.all([addTogether(ids), addTogether(['pred_other'], 'other-lab')]);
  await addTogether(['pred_later']);
  expect((await waitingIds()).reverse()).toEqual([jobIds.predictionGroup(ids), 'pred_other', 'pred_later']);
  const job = await takeJob();
  expect([job.name, job.data]).toEqual(['prediction-group', { v: 3, tenant: 'lab', predictionIds: ids }]);
});

test.each([
  [1, [1]],
  [2, [2]],
  [MAX_GROUP_RECORDS, [MAX_GROUP_RECORDS]],
  [MAX_GROUP_RECORDS + 1, [MAX_GROUP_RECORDS, 1]],
  [2 * MAX_GROUP_RECORDS + 3, [MAX_GROUP_RECORDS, MAX_GROUP_RECORDS, 3]],
])('%i records of one turn are in jobs of %j, each record in one', async (count, sizes) => {
  const ids = namesOf(count);
  await addTogether(ids);
  const jobs = await producer.queues[0].getJobs(['wait'], 0, -1, true);
  const members = jobs.map(({ data }) => (data.predictionIds ?? [data.predictionId]) as string[]);
  expect(members.map(({ length }) => length)).toEqual(sizes);
  expect(members.flat()).toEqual(ids);
});

test("the canary's records are not grouped", async () => {
  await addTogether(['pred_a', 'pred_b'], CANARY_TENANT);
  expect((await waitingIds()).reverse()).toEqual(['pred_a', 'pred_b']);
});

test('a record that is added twice in one turn is in one job', async () => {
  await addTogether(['pred_same', 'pred_same']);
  expect(await waitingIds()).toEqual(['pred_same']);
});

test('the state and the position of a record are those of its job; positions count records', async () => {
  const [first, second] = [namesOf(3, 'a'), namesOf(2, 'b')];
  await addTogether(first);
  await addTogether(['pred_single']);
  await addTogether(second);
  const ids = [...first, 'pred_single', ...second];
  const positions = () => Promise.all(ids.map((id) => records.position(id)));
  const states = () => Promise.all(ids.map((id) => records.state(id)));
  expect(await positions()).toEqual([1, 1, 1, 4, 5, 5]);
  await takeJob();
  expect(await positions()).toEqual([undefined, undefined, undefined, 1, 2, 2]);
  expect(await states()).toEqual(['active', 'active', 'active', 'queued', 'queued', 'queued']);
  expect([await records.state('pred_unknown'), await records.position('pred_unknown')]).toEqual(['unknown', undefined]);
});

test('a promoted job comes after the waiting ones, and its position counts their records', async () => {
  await addTogether(namesOf(3, 'a'));
  const jobs = namesOf(2, 'b').map((predictionId) => ({
    name: 'prediction',
    data: { v: 1 as const, tenant: 'lab', predictionId },
    opts: { jobId: predictionId, priority: 5 },
  }));
  await producer.queues[0].addBulk(jobs);
  expect(await Promise.all(jobs.map(({ opts }) => records.position(opts.jobId)))).toEqual([4, 5]);
});

test('behind a long queue, the records of the jobs next in it are counted, and one for each of the others', async () => {
  const single = namesOf(1_200, 's');
  await connection.lpush(`${REDIS_PREFIX}:predictions:wait`, ...single);
  await addTogether(namesOf(4, 'g'));
  expect(await records.position('pred_g0')).toBe(1_201);
  expect(await records.position('pred_s1199')).toBe(1_200);
  expect(await records.position('pred_s0')).toBe(1);
});

test('a record can finish while its group is queued or active, and no more when the group is lost', async () => {
  const ids = namesOf(2);
  await addTogether(ids);
  const canFinish = () => Promise.all([...ids, 'pred_unknown'].map((id) => records.canFinish(id)));
  expect(await canFinish()).toEqual([true, true, false]);
  const job = await takeJob();
  expect(await canFinish()).toEqual([true, true, false]);
  await job.moveToCompleted(undefined, 'token', false);
  expect(await canFinish()).toEqual([false, false, false]);
  await addTogether(ids.map((id) => `${id}x`));
  await connection.del(jobKey('predictions', jobIds.predictionGroup(ids.map((id) => `${id}x`))));
  expect(await records.canFinish('pred_r0x')).toBe(false);
});

test('separated records have jobs of their own, which come next, keep their age and alone count them', async () => {
  const ids = namesOf(3);
  await addTogether(ids);
  await addTogether(['pred_later']);
  const group = jobIds.predictionGroup(ids);
  const { timestamp } = await takeJob();
  await records.separate('lab', ids.slice(0, 2), timestamp);
  expect((await waitingIds()).reverse()).toEqual([...ids.slice(0, 2).reverse(), 'pred_later']);
  expect((await producer.queues[0].getJob('pred_r0'))?.timestamp).toBe(timestamp);
  expect(await records.state('pred_r0')).toBe('queued');
  const counters = new MinuteCounters(connection);
  expect(await counters.addOncePerRecord(group, ids, { PredictionsCompleted: 1 })).toBe(1);
  expect(await counters.addOncePerJob('predictions', 'pred_r0', { PredictionsCompleted: 1 })).toBe(true);
  expect((await counters.recent(1)).minutes[0]?.['PredictionsCompleted']).toBe(2);
});

test('a record that is enqueued again has a job of its own, which alone counts it', async () => {
  const ids = namesOf(2);
  await addTogether(ids);
  const group = jobIds.predictionGroup(ids);
  await records.addAgain({ tenant: 'lab', predictionId: 'pred_r0' });
  await records.addAgain({ tenant: 'lab', predictionId: 'pred_r0' });
  expect((await waitingIds()).reverse()).toEqual([group, 'pred_r0']);
  expect(await new MinuteCounters(connection).addOncePerRecord(group, ids, { PredictionsCompleted: 1 })).toBe(1);
});

test('a record that has a job of its own already, by a repeated request, is not counted by its group', async () => {
  await records.addAgain({ tenant: 'lab', predictionId: 'pred_r0' });
  const ids = namesOf(2);
  await addTogether(ids);
  expect(await records.position('pred_r0')).toBe(1);
  const counters = new MinuteCounters(connection);
  expect(await counters.addOncePerRecord(jobIds.predictionGroup(ids), ids, { PredictionsCompleted: 1 })).toBe(1);
});

test('the records of a group count once, also by a second delivery', async () => {
  const ids = namesOf(4);
  await addTogether(ids);
  const group = jobIds.predictionGroup(ids);
  const counters = new MinuteCounters(connection);
  expect(await counters.addOncePerRecord(group, ids.slice(0, 1), { PredictionsCompleted: 1 })).toBe(1);
  expect(await counters.addOncePerRecord(group, ids, { PredictionsCompleted: 1 })).toBe(3);
  expect(await counters.addOncePerRecord(group, ids, { PredictionsCompleted: 1 })).toBe(0);
  expect((await counters.recent(1)).minutes[0]?.['PredictionsCompleted']).toBe(4);
  // Redis has lost the job, so it is not delivered again.
  await connection.flushall();
  expect(await counters.addOncePerRecord(group, ids, { PredictionsCompleted: 1 })).toBe(4);
});

test('keys of groups are removed with the records, and otherwise expire', async () => {
  const ids = namesOf(2);
  await addTogether(ids);
  expect(await connection.ttl(groupKey('pred_r0'))).toBeGreaterThan(86_400);
  await records.forgetGroup(['pred_r0']);
  await records.forgetGroup([]);
  expect(await connection.exists(groupKey('pred_r0'), groupKey('pred_r1'))).toBe(1);
});

test('every record of a group that Redis does not take is refused', async () => {
  const refused = await RedisProcess.start();
  const own = createProducerConnection(refused.url, ignore);
  const stopped = new JobProducer(own, ignore);
  await waitUntil('Redis is connected', () => own.status === 'ready');
  await refused.down();
  const outcomes = await Promise.allSettled(
    namesOf(3).map((predictionId) => stopped.singleRecords.add({ tenant: 'lab', predictionId })),
  );
  for (const outcome of outcomes)
    expect(outcome).toEqual({ status: 'rejected', reason: expect.any(QueueUnavailableError) as unknown });
  await stopped.stop();
  own.disconnect();
});
