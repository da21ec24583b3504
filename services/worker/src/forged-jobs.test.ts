import { type JobProducer, MAX_GROUP_RECORDS, jobIds } from '@cytoqueue/queue';
import { type BatchDocument, type ManifestDocument, ObjectKeys, createId } from '@cytoqueue/records';
import { listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { createConsumers } from './consumers';

/*
 * Forged jobs, as a board that can write to Redis could add. Each one fails after one attempt without effect and is
 * counted, and nothing of its payload is logged.
 */

const PATIENT = 'Jane-Doe';

let worker: RunningWorker;
let connection: Redis;
let producer: JobProducer;
let consumers: ReturnType<typeof createConsumers>;
let batch: BatchDocument;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ connection, producer } = worker);
  consumers = createConsumers(worker.deps);
  batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  consumers.start();
});

afterAll(async () => {
  await consumers?.stop();
  await worker?.stop();
});

const rejectedJobs = async () =>
  Number(/^cytoqueue_jobs_refused_total (\d+)$/m.exec((await worker.deps.metrics.text()).body)?.[1] ?? 0);

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listAll(worker.store, '')) found.push(key);
  return found;
}

type Forged = [
  name: string,
  queue: 0 | 1 | 2 | 3,
  data: (batchId: string) => unknown,
  jobId?: (batchId: string) => string,
];
const [PREDICTIONS, SHARDS, FINALIZE, TRAININGS] = [0, 1, 2, 3] as const;
const finalize = (change: object) => (batchId: string) => ({ v: 1, tenant: TENANT, batchId, run: 1, ...change });
const shard = (change: object) => (batchId: string) => ({
  v: 1,
  tenant: TENANT,
  batchId,
  run: 1,
  shard: 0,
  rows: 2,
  ...change,
});
const unknownBatchId = createId('batch_');
const unknownTraining = createId('training_');
const UNKNOWN_IDS = Array.from({ length: MAX_GROUP_RECORDS + 1 }, () => createId('pred_'));
const group = (predictionIds: unknown) => ({ v: 3, tenant: TENANT, predictionIds });

test.each<Forged>([
  ['no payload', FINALIZE, () => null],
  ['a list', FINALIZE, () => [PATIENT]],
  ['a text', SHARDS, () => PATIENT],
  ['no version', FINALIZE, () => ({ tenant: TENANT, name: PATIENT })],
  ['a version that is not a number', FINALIZE, finalize({ v: PATIENT })],
  ['a run after the latest', FINALIZE, finalize({ run: 2 }), (id) => jobIds.finalize(id, 2)],
  ['run 0', FINALIZE, finalize({ run: 0 }), (id) => jobIds.finalize(id, 0)],
  ['a run that is a string', FINALIZE, finalize({ run: '1' })],
  ['another tenant', FINALIZE, finalize({ tenant: 'other-lab' })],
  ['a tenant with a path outside its prefix', FINALIZE, finalize({ tenant: '../lab' })],
  ['an unknown batch', FINALIZE, finalize({ batchId: unknownBatchId }), () => jobIds.finalize(unknownBatchId, 1)],
  ['a malformed id', FINALIZE, finalize({ batchId: PATIENT }), () => `${PATIENT}.1`],
  ['a job id that does not match', FINALIZE, finalize({}), () => PATIENT],
  ['a shard out of range', SHARDS, shard({ shard: 2 }), (id) => jobIds.shard(id, 1, 2)],
  ['a negative shard', SHARDS, shard({ shard: -1 }), (id) => jobIds.shard(id, 1, -1)],
  ['a wrong number of rows', SHARDS, shard({ rows: 1_000_000 }), (id) => jobIds.shard(id, 1, 0)],
  ['a shard of a run after the latest', SHARDS, shard({ run: 7 }), (id) => jobIds.shard(id, 7, 0)],
  ['a malformed prediction id', PREDICTIONS, () => ({ v: 1, tenant: TENANT, predictionId: PATIENT }), () => PATIENT],
  [
    'an unknown training',
    TRAININGS,
    () => ({ v: 1, tenant: TENANT, trainingId: unknownTraining }),
    () => unknownTraining,
  ],
  ['a malformed training id', TRAININGS, () => ({ v: 1, tenant: TENANT, trainingId: PATIENT }), () => PATIENT],
  ['a group of one', PREDICTIONS, () => group([UNKNOWN_IDS[0]]), () => `${UNKNOWN_IDS[0]}.1`],
  [
    'a group with a record twice',
    PREDICTIONS,
    () => group([UNKNOWN_IDS[0], UNKNOWN_IDS[0]]),
    () => `${UNKNOWN_IDS[0]}.2`,
  ],
  ['a group with a malformed id', PREDICTIONS, () => group([UNKNOWN_IDS[0], PATIENT]), () => `${UNKNOWN_IDS[0]}.2`],
  ['a group that is too large', PREDICTIONS, () => group(UNKNOWN_IDS), () => `${UNKNOWN_IDS[0]}.${UNKNOWN_IDS.length}`],
  ['a group without a list', PREDICTIONS, () => group(PATIENT), () => `${UNKNOWN_IDS[0]}.2`],
  [
    'a group whose job id does not match',
    PREDICTIONS,
    () => group(UNKNOWN_IDS.slice(0, 2)),
    () => `${UNKNOWN_IDS[1]}.2`,
  ],
  ['no tenant', PREDICTIONS, () => ({ v: 1, predictionId: createId('pred_') })],
])('a job with %s fails without effect', async (_, queue, data, jobId = (id) => jobIds.finalize(id, 1)) => {
  const before = { keys: await keys(), rejected: await rejectedJobs(), lines: worker.logged.length };
  const target = producer.queues[queue];
  const job = await target?.add('forged', data(batch.id), { jobId: jobId(batch.id), attempts: 5, backoff: 10 });
  await waitUntil('the job has failed', async () => (await job?.getState()) === 'failed');
  await waitUntil('the job is counted', async () => (await rejectedJobs()) === before.rejected + 1);
  expect(await keys()).toEqual(before.keys);
  const lines = worker.logged.slice(before.lines).filter(({ msg }) => msg.startsWith('job'));
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(worker.logged.slice(before.lines))).not.toContain(PATIENT);
  await job?.remove();
});

test.each(['data', 'opts', 'parent', 'progress'])(
  'a job whose %s is not JSON fails without effect and can be listed',
  async (field) => {
    const before = { keys: await keys(), rejected: await rejectedJobs() };
    const [predictions] = producer.queues;
    const id = `damaged-${field}`;
    await connection.hset(`cytoqueue:predictions:${id}`, {
      name: 'forged',
      data: '{"v":1}',
      timestamp: '1',
      [field]: PATIENT,
    });
    await connection.lpush('cytoqueue:predictions:wait', id);
    await connection.zadd('cytoqueue:predictions:marker', 0, '0');
    await waitUntil('the job is counted', async () => (await rejectedJobs()) === before.rejected + 1);
    await waitUntil('the job has failed', async () => (await predictions?.getJobState(id)) === 'failed');
    await waitUntil('the job can be listed', async () =>
      (await predictions?.getJobs(['failed']).catch(() => undefined))?.some((job) => job.id === id),
    );
    expect(await keys()).toEqual(before.keys);
    expect(JSON.stringify(worker.logged)).not.toContain(PATIENT);
  },
);

test('the batch that the forged jobs named still succeeds', async () => {
  await producer.reenqueueBatch({
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
    shards: batch.shards.map(({ rows }, index) => ({ shard: index, rows })),
  });
  await waitUntil('the batch is finished', async () => !(await worker.isPending(batch.id)));
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 4, succeeded: 4 } });
});
