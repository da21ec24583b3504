import { type BatchDocument, ObjectKeys } from '@cytoqueue/records';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { createConsumers } from '../consumers';
import { Finalizer } from './finalize';
import { BatchDocumentCache } from './batch-documents';
import { processShard } from './shard';

let worker: RunningWorker;

beforeAll(async () => {
  worker = await RunningWorker.start();
});

afterAll(() => worker?.stop());

const remove = ({ id }: BatchDocument) => worker.store.deletePrefix(ObjectKeys.batchFolder(TENANT, id));
const storedOf = async ({ id }: BatchDocument) =>
  (await worker.store.list({ prefix: ObjectKeys.batchFolder(TENANT, id) })).objects;

test('jobs of a rolled-back batch are rejected without effect or alarm', async () => {
  const { producer } = worker;
  const consumers = createConsumers(worker.deps);
  try {
    const batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
    await remove(batch);
    await producer.enqueueBatch({
      tenant: TENANT,
      batchId: batch.id,
      run: 1,
      shards: batch.shards.map(({ rows }, shard) => ({ shard, rows })),
    });
    consumers.start();
    await waitUntil('its finalizer is rejected', async () => (await producer.runState(batch.id, 1)) === 'failed');
    expect(worker.logged.filter(({ level }) => level > 30)).toEqual([]);
    expect(await storedOf(batch)).toEqual([]);
  } finally {
    await consumers.stop();
  }
});

test('jobs of a removed batch that this worker has cached end without effect', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  const batchDocuments = new BatchDocumentCache(worker.store);
  await batchDocuments.read(TENANT, batch.id);
  await remove(batch);
  const job = { v: 1, tenant: TENANT, batchId: batch.id, run: 1 } as const;
  await processShard(worker.deps, batchDocuments, { ...job, shard: 0, rows: 2 });
  await new Finalizer(worker.deps, batchDocuments).process(job, new Set([0]));
  await new Finalizer(worker.deps, batchDocuments).failRun(job);
  expect(await storedOf(batch)).toEqual([]);
});

test('a missing input of an existing batch is an error', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(4), 2);
  await worker.store.delete(ObjectKeys.batchInput(TENANT, batch.id));
  const job = { v: 1, tenant: TENANT, batchId: batch.id, run: 1, shard: 0, rows: 2 } as const;
  await expect(processShard(worker.deps, new BatchDocumentCache(worker.store), job)).rejects.toMatchObject({
    name: 'ObjectNotFoundError',
  });
});
