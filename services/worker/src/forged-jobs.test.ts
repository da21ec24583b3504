import { JobProducer, createProducerConnection, jobIds } from '@cytoqueue/queue';
import { type BatchDocument, type ManifestDocument, ObjectKeys, createId } from '@cytoqueue/records';
import { listAll } from '@cytoqueue/storage';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { createConsumers } from './consumers';

/*
 * Jobs that this product did not make, as from a board that can write to Redis. Each fails without effect, once, is counted, and
 * no log line holds anything of its payload.
 */

const PATIENT = 'Jane-Doe';

let redis: RedisProcess;
let worker: RunningWorker;
let connection: ReturnType<typeof createProducerConnection>;
let producer: JobProducer;
let consumers: ReturnType<typeof createConsumers>;
let record: BatchDocument;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  connection = createProducerConnection(redis.url, () => undefined);
  producer = new JobProducer(connection, () => undefined);
  consumers = createConsumers(worker.services);
  await waitUntil('Redis is there', () => connection.status === 'ready');
  record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  consumers.start();
});

afterAll(async () => {
  await consumers?.stop();
  await worker?.stop();
  await producer?.stop();
  connection?.disconnect();
  await redis?.down();
});

const refused = async () =>
  Number(/^cytoqueue_jobs_refused_total (\d+)$/m.exec((await worker.services.metrics.text()).body)?.[1] ?? 0);

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listAll(worker.store, '')) found.push(key);
  return found;
}

type Forged = [name: string, queue: 0 | 1 | 2, data: (batchId: string) => unknown, jobId?: (batchId: string) => string];
const [PREDICTIONS, SHARDS, FINALIZE] = [0, 1, 2] as const;
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
const stranger = createId('batch_');

test.each<Forged>([
  ['no payload', FINALIZE, () => null],
  ['a list', FINALIZE, () => [PATIENT]],
  ['a text', SHARDS, () => PATIENT],
  ['no version', FINALIZE, () => ({ tenant: TENANT, name: PATIENT })],
  ['a version that is no number', FINALIZE, finalize({ v: PATIENT })],
  ['a run beyond the newest', FINALIZE, finalize({ run: 2 }), (id) => jobIds.finalize(id, 2)],
  ['run 0', FINALIZE, finalize({ run: 0 }), (id) => jobIds.finalize(id, 0)],
  ['a run that is a text', FINALIZE, finalize({ run: '1' })],
  ['a tenant that is not its own', FINALIZE, finalize({ tenant: 'other-lab' })],
  ['a tenant that leaves its prefix', FINALIZE, finalize({ tenant: '../lab' })],
  ['a batch that there is not', FINALIZE, finalize({ batchId: stranger }), () => jobIds.finalize(stranger, 1)],
  ['an id that is none', FINALIZE, finalize({ batchId: PATIENT }), () => `${PATIENT}.1`],
  ['another job id than its own', FINALIZE, finalize({}), () => PATIENT],
  ['a shard out of range', SHARDS, shard({ shard: 2 }), (id) => jobIds.shard(id, 1, 2)],
  ['a shard below 0', SHARDS, shard({ shard: -1 }), (id) => jobIds.shard(id, 1, -1)],
  ['other rows than the shard has', SHARDS, shard({ rows: 1_000_000 }), (id) => jobIds.shard(id, 1, 0)],
  ['a shard of a run beyond the newest', SHARDS, shard({ run: 7 }), (id) => jobIds.shard(id, 7, 0)],
  ['a record that is no id', PREDICTIONS, () => ({ v: 1, tenant: TENANT, predictionId: PATIENT }), () => PATIENT],
  ['a record of no tenant', PREDICTIONS, () => ({ v: 1, predictionId: createId('pred_') })],
])('a job with %s fails without effect', async (_, queue, data, jobId = (id) => jobIds.finalize(id, 1)) => {
  const before = { keys: await keys(), refused: await refused(), lines: worker.logged.length };
  const target = producer.queues[queue];
  const job = await target?.add('forged', data(record.id), { jobId: jobId(record.id), attempts: 5, backoff: 10 });
  await waitUntil('it has failed', async () => (await job?.getState()) === 'failed');
  await waitUntil('it is counted', async () => (await refused()) === before.refused + 1);
  expect(await keys()).toEqual(before.keys);
  const lines = worker.logged.slice(before.lines).filter(({ msg }) => msg.startsWith('job'));
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(worker.logged.slice(before.lines))).not.toContain(PATIENT);
  await job?.remove();
});

test.each(['data', 'opts', 'parent', 'progress'])(
  'a job whose %s is no JSON fails without effect, and can be listed',
  async (field) => {
    const before = { keys: await keys(), refused: await refused() };
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
    await waitUntil('it is counted', async () => (await refused()) === before.refused + 1);
    await waitUntil('it has failed', async () => (await predictions?.getJobState(id)) === 'failed');
    await waitUntil('it can be listed', async () =>
      (await predictions?.getJobs(['failed']).catch(() => undefined))?.some((job) => job.id === id),
    );
    expect(await keys()).toEqual(before.keys);
    expect(JSON.stringify(worker.logged)).not.toContain(PATIENT);
  },
);

test('the batch that the jobs named ends as it should', async () => {
  await producer.reenqueueBatch({
    tenant: TENANT,
    batchId: record.id,
    run: 1,
    shards: record.shards.map(({ rows }, index) => ({ shard: index, rows })),
  });
  await waitUntil('the batch has ended', async () => !(await worker.isPending(record.id)));
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, record.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 4, succeeded: 4 } });
});
