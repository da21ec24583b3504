import { createHash } from 'node:crypto';
import { type BatchOptions, type BatchRecord, type Manifest, ObjectKeys, decodeShardObject } from '@cytoqueue/storage';
import { parse } from 'csv-parse/sync';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from './finalize';
import { BatchRecords, processShard, shardKey } from './shard';

const BAD_ROW = '8,11,1,1,1,2,1,3,1,1\n';
/** Three shards of two rows; the second has a row that is rejected. */
const FILE = HEADER + ROW + ROW + ROW + BAD_ROW + ROW + ROW;

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

const accept = (options: Partial<BatchOptions> = {}, csv = FILE) => worker.acceptBatch(csv, 2, options);

async function score({ id, shards }: BatchRecord, scored = shards.map((_, shard) => shard)): Promise<void> {
  const records = new BatchRecords(worker.store);
  for (const shard of scored) await processShard(worker.services, records, { v: 1, tenant: TENANT, batchId: id, run: 1, shard, rows: 2 });
}

/** A finalizer that knows nothing of an earlier one. */
function finalize({ id }: BatchRecord, failed: number[] = []): Promise<void> {
  return new Finalizer(worker.services, new BatchRecords(worker.store)).process({ v: 1, tenant: TENANT, batchId: id, run: 1 }, new Set(failed));
}

async function rowsOf(record: BatchRecord, shard: number) {
  const key = shardKey(TENANT, record, shard);
  return decodeShardObject(await worker.store.get(key), key);
}

async function run({ id }: BatchRecord) {
  const [manifest, results, errors] = await Promise.all([
    worker.json<Manifest>(ObjectKeys.runManifest(TENANT, id, 1)),
    worker.store.get(ObjectKeys.runResults(TENANT, id, 1)),
    worker.store.get(ObjectKeys.runErrors(TENANT, id, 1)),
  ]);
  const digest = (bytes: Buffer) => ({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect([manifest.results, manifest.errors]).toEqual([digest(results), digest(errors)]);
  const rowsOf = (bytes: Buffer) => parse(bytes, { columns: true }) as Record<string, string>[];
  return { manifest, results, statuses: rowsOf(results).map((row) => row['row_status']), errorCodes: rowsOf(errors).map((row) => row['error_code']) };
}

test('joins what the shards have left, and ends the batch', async () => {
  const record = await accept();
  expect(record.shards).toHaveLength(3);
  await score(record);
  await finalize(record);
  const { manifest, statuses, errorCodes } = await run(record);
  expect(manifest).toMatchObject({
    run: 1,
    status: 'completed_with_errors',
    counts: { total: 6, pending: 0, succeeded: 5, rejected: 1, failed: 0 },
    summary: { benign: 5, malignant: 0, indeterminate: 0, missing_features: 0 },
    failed_shards: [],
  });
  expect(statuses).toEqual(['ok', 'ok', 'ok', 'rejected', 'ok', 'ok']);
  expect(errorCodes).toEqual(['out-of-range']);
  expect(await worker.isPending(record.id)).toBe(false);
  expect((await worker.services.progress.read(record.id, 1)).finalizing).toBe(true);
});

test('scores a shard itself whose object is missing, to the same bytes', async () => {
  const [whole, holed] = [await accept(), await accept()];
  await score(whole);
  await score(holed, [0, 2]);
  await finalize(whole);
  await finalize(holed);
  expect((await run(holed)).results).toEqual((await run(whole)).results);
  expect(await rowsOf(holed, 1)).toEqual(await rowsOf(whole, 1));
});

test('gives the rows of a failed shard back as failed, none lost', async () => {
  const record = await accept();
  await score(record, [0, 2]);
  await finalize(record, [1]);
  const { manifest, statuses, errorCodes } = await run(record);
  expect(manifest).toMatchObject({ status: 'completed_with_errors', counts: { total: 6, succeeded: 4, rejected: 0, failed: 2 }, failed_shards: [1] });
  expect(statuses).toEqual(['ok', 'ok', 'failed', 'failed', 'ok', 'ok']);
  expect(errorCodes).toEqual(['shard-failed', 'shard-failed']);
});

test('believes the store when it has a shard that the queue calls failed', async () => {
  const record = await accept();
  await score(record);
  await finalize(record, [0, 1]);
  expect((await run(record)).manifest).toMatchObject({ counts: { succeeded: 5, failed: 0 }, failed_shards: [] });
});

test('a batch of which nothing was scored has failed', async () => {
  const record = await accept();
  await finalize(record, [0, 1, 2]);
  expect((await run(record)).manifest).toMatchObject({ status: 'failed', counts: { failed: 6 }, failed_shards: [0, 1, 2] });
});

test('on_error=abort: one rejected row fails the batch, none does not', async () => {
  const [bad, good] = [await accept({ on_error: 'abort' }), await accept({ on_error: 'abort' }, HEADER + ROW)];
  for (const record of [bad, good]) {
    await score(record);
    await finalize(record);
  }
  expect((await run(bad)).manifest.status).toBe('failed');
  expect((await run(good)).manifest.status).toBe('succeeded');
});

test('a second finalizer, at once or later, writes the same run', async () => {
  const record = await accept();
  await score(record, [0, 2]);
  await Promise.all([finalize(record), finalize(record)]);
  const first = await run(record);
  const written = await worker.store.head(ObjectKeys.runManifest(TENANT, record.id, 1));
  await finalize(record);
  expect(await run(record)).toEqual(first);
  expect(await worker.store.head(ObjectKeys.runManifest(TENANT, record.id, 1))).toEqual(written);
});

test('a run that has ended stays as it ended, whatever the queue says of it later', async () => {
  const record = await accept();
  await score(record);
  await finalize(record);
  const ended = await run(record);
  await worker.store.delete(shardKey(TENANT, record, 1));
  await worker.store.put(ObjectKeys.pending(TENANT, record.id), Buffer.alloc(0));
  await finalize(record, [1]);
  expect(await run(record)).toEqual(ended);
  expect(await worker.isPending(record.id)).toBe(false);
});

test('a shard delivered twice is stored and counted once', async () => {
  const record = await accept();
  await score(record, [1]);
  const stored = await worker.store.head(shardKey(TENANT, record, 1));
  await score(record, [1, 1]);
  expect(await worker.store.head(shardKey(TENANT, record, 1))).toEqual(stored);
  expect(await worker.services.progress.read(record.id, 1)).toMatchObject({ shards: 1, succeeded: 1, rejected: 1 });
});
