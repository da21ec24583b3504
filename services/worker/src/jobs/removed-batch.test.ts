import { JobProducer, createProducerConnection } from '@cytoqueue/queue';
import { type BatchDocument, ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { createConsumers } from '../consumers';
import { Finalizer } from './finalize';
import { BatchDocumentCache, processShard } from './shard';

let redis: RedisProcess;
let worker: RunningWorker;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
});

afterAll(async () => {
  await worker?.stop();
  await redis?.down();
});

const remove = ({ id }: BatchDocument) => worker.store.deletePrefix(ObjectKeys.batchFolder(TENANT, id));
const storedOf = async ({ id }: BatchDocument) =>
  (await worker.store.list({ prefix: ObjectKeys.batchFolder(TENANT, id) })).objects;

test('the jobs of a batch that was rolled back are refused without effect, and raise no alarm', async () => {
  const connection = createProducerConnection(redis.url, () => undefined);
  const producer = new JobProducer(connection, () => undefined);
  const consumers = createConsumers(worker.services);
  try {
    await waitUntil('Redis is there', () => connection.status === 'ready');
    const record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
    await remove(record);
    await producer.enqueueBatch({
      tenant: TENANT,
      batchId: record.id,
      run: 1,
      shards: record.shards.map(({ rows }, shard) => ({ shard, rows })),
    });
    consumers.start();
    await waitUntil('its finalizer is refused', async () => (await producer.runState(record.id, 1)) === 'failed');
    expect(worker.logged.filter(({ level }) => level > 30)).toEqual([]);
    expect(await storedOf(record)).toEqual([]);
  } finally {
    await consumers.stop();
    await producer.stop();
    connection.disconnect();
  }
});

test('so are those of a batch whose description this worker still remembers', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  const records = new BatchDocumentCache(worker.store);
  await records.read(TENANT, record.id);
  await remove(record);
  const job = { v: 1, tenant: TENANT, batchId: record.id, run: 1 } as const;
  await processShard(worker.services, records, { ...job, shard: 0, rows: 2 });
  await new Finalizer(worker.services, records).process(job, new Set([0]));
  await new Finalizer(worker.services, records).failRun(job);
  expect(await storedOf(record)).toEqual([]);
});

test('an input that is missing while its batch is there is an error still', async () => {
  const record = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  await worker.store.delete(ObjectKeys.batchInput(TENANT, record.id));
  const job = { v: 1, tenant: TENANT, batchId: record.id, run: 1, shard: 0, rows: 2 } as const;
  await expect(processShard(worker.services, new BatchDocumentCache(worker.store), job)).rejects.toMatchObject({
    name: 'ObjectNotFoundError',
  });
});
