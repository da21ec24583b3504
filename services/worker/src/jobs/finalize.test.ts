import { createHash } from 'node:crypto';
import {
  type BatchOptions,
  type BatchDocument,
  type FileDigest,
  type ManifestDocument,
  ObjectKeys,
  decodeShardObject,
  shardKey,
} from '@cytoqueue/records';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ModelDeletedError, ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, StoreUnavailableError } from '@cytoqueue/storage';
import { parse } from 'csv-parse/sync';
import { readResults } from '../../../../test/src/support/result-file';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from './finalize';
import { BatchDocumentCache } from './batch-documents';
import { processShard } from './shard';

const BAD_ROW = '8,11,1,1,1,2,1,3,1,1\n';
/** Three shards of two rows; the second shard has a rejected row. */
const FILE = HEADER + ROW + ROW + ROW + BAD_ROW + ROW + ROW;

let worker: RunningWorker;

beforeAll(async () => {
  worker = await RunningWorker.start();
});

afterAll(() => worker?.stop());

const accept = (options: Partial<BatchOptions> = {}, csv = FILE) => worker.acceptBatch(csv, 2, options);

async function score({ id, shards }: BatchDocument, scored = shards.map((_, shard) => shard)): Promise<void> {
  const batchDocuments = new BatchDocumentCache(worker.store);
  for (const shard of scored)
    await processShard(worker.deps, batchDocuments, { v: 1, tenant: TENANT, batchId: id, run: 1, shard, rows: 2 });
}

/** Runs a new finalizer, without state of an earlier one. */
function finalize({ id }: BatchDocument, failed: number[] = []): Promise<void> {
  return new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).process(
    { v: 1, tenant: TENANT, batchId: id, run: 1 },
    new Set(failed),
  );
}

async function rowsOf(batch: BatchDocument, shard: number) {
  const key = shardKey(TENANT, batch, shard);
  return decodeShardObject(await worker.store.get(key), key);
}

async function run({ id }: BatchDocument) {
  const [manifest, results, errors] = await Promise.all([
    worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, id, 1)),
    readResults(worker.store, TENANT, id),
    worker.store.get(ObjectKeys.runErrors(TENANT, id, 1)),
  ]);
  const digest = (bytes: Buffer) => ({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  const { composed: _, ...ofResults } = manifest.results as FileDigest;
  expect([ofResults, manifest.errors]).toEqual([digest(results), digest(errors)]);
  const rowsOf = (bytes: Buffer) => parse(bytes, { columns: true }) as Record<string, string>[];
  return {
    manifest,
    results,
    statuses: rowsOf(results).map((row) => row['row_status']),
    errorCodes: rowsOf(errors).map((row) => row['error_code']),
  };
}

test('joins the shards into the result files and completes the batch', async () => {
  const batch = await accept();
  expect(batch.shards).toHaveLength(3);
  await score(batch);
  await finalize(batch);
  const { manifest, statuses, errorCodes } = await run(batch);
  expect(manifest).toMatchObject({
    run: 1,
    status: 'completed_with_errors',
    counts: { total: 6, pending: 0, succeeded: 5, rejected: 1, failed: 0 },
    summary: { benign: 5, malignant: 0, indeterminate: 0, missing_features: 0 },
    probabilities: [5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    failed_shards: [],
    results: { composed: true },
  });
  expect(statuses).toEqual(['ok', 'ok', 'ok', 'rejected', 'ok', 'ok']);
  expect(errorCodes).toEqual(['out-of-range']);
  expect(await worker.isPending(batch.id)).toBe(false);
  expect((await worker.deps.progress.read(batch.id, 1)).finalizing).toBe(true);
});

test('scores a shard whose object is missing, with the same bytes', async () => {
  const [whole, incomplete] = [await accept(), await accept()];
  await score(whole);
  await score(incomplete, [0, 2]);
  await finalize(whole);
  await finalize(incomplete);
  expect((await run(incomplete)).results).toEqual((await run(whole)).results);
  expect(await rowsOf(incomplete, 1)).toEqual(await rowsOf(whole, 1));
});

test('reports the rows of a failed shard as failed and loses none', async () => {
  const batch = await accept();
  await score(batch, [0, 2]);
  await finalize(batch, [1]);
  const { manifest, statuses, errorCodes } = await run(batch);
  expect(manifest).toMatchObject({
    status: 'completed_with_errors',
    counts: { total: 6, succeeded: 4, rejected: 0, failed: 2 },
    probabilities: [4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    failed_shards: [1],
  });
  expect(statuses).toEqual(['ok', 'ok', 'failed', 'failed', 'ok', 'ok']);
  // The rows of a failed shard are in no object but the result file.
  expect(await worker.store.head(ObjectKeys.runResults(TENANT, batch.id, 1))).toBeDefined();
  expect(manifest.results?.composed).toBeUndefined();
  expect(errorCodes).toEqual(['shard-failed', 'shard-failed']);
});

test('uses a stored shard although its job failed', async () => {
  const batch = await accept();
  await score(batch);
  await finalize(batch, [0, 1]);
  expect((await run(batch)).manifest).toMatchObject({ counts: { succeeded: 5, failed: 0 }, failed_shards: [] });
});

test('a batch without scored rows fails', async () => {
  const batch = await accept();
  await finalize(batch, [0, 1, 2]);
  expect((await run(batch)).manifest).toMatchObject({
    status: 'failed',
    counts: { failed: 6 },
    failed_shards: [0, 1, 2],
  });
});

test('with on_error=abort one rejected row fails the batch', async () => {
  const [bad, good] = [await accept({ on_error: 'abort' }), await accept({ on_error: 'abort' }, HEADER + ROW)];
  for (const batch of [bad, good]) {
    await score(batch);
    await finalize(batch);
  }
  expect((await run(bad)).manifest.status).toBe('failed');
  expect((await run(good)).manifest.status).toBe('succeeded');
});

test('a concurrent or later finalizer writes the same run', async () => {
  const batch = await accept();
  await score(batch, [0, 2]);
  await Promise.all([finalize(batch), finalize(batch)]);
  const first = await run(batch);
  const written = await worker.store.head(ObjectKeys.runManifest(TENANT, batch.id, 1));
  await finalize(batch);
  expect(await run(batch)).toEqual(first);
  expect(await worker.store.head(ObjectKeys.runManifest(TENANT, batch.id, 1))).toEqual(written);
});

test('a completed run does not change, whatever the queue reports later', async () => {
  const batch = await accept();
  await score(batch);
  await finalize(batch);
  const ended = await run(batch);
  const shard = await worker.store.get(shardKey(TENANT, batch, 1));
  await worker.store.delete(shardKey(TENANT, batch, 1));
  await worker.store.put(ObjectKeys.pending(TENANT, batch.id), Buffer.alloc(0));
  await finalize(batch, [1]);
  await worker.store.put(shardKey(TENANT, batch, 1), shard);
  expect(await run(batch)).toEqual(ended);
  expect(await worker.isPending(batch.id)).toBe(false);
  // Its finalizer fails after it has written the manifest.
  await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).failRun({
    v: 1,
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
  });
  expect(await run(batch)).toEqual(ended);
});

test('a run that is canceled and ended by another finalizer meanwhile stays canceled', async () => {
  const batch = await accept();
  await score(batch);
  const manifestKey = ObjectKeys.runManifest(TENANT, batch.id, 1);
  const putOnce = worker.store.putOnce.bind(worker.store);
  const storing = jest.spyOn(worker.store, 'putOnce').mockImplementation(async (...parameters) => {
    if (parameters[0] === manifestKey) {
      storing.mockRestore();
      await worker.store.put(ObjectKeys.runCancel(TENANT, batch.id, 1), Buffer.from('{}'));
      await finalize(batch);
    }
    return putOnce(...parameters);
  });
  await finalize(batch);
  expect((await worker.json<ManifestDocument>(manifestKey)).status).toBe('canceled');
});

test('a shard delivered twice is stored and counted once', async () => {
  const batch = await accept();
  await score(batch, [1]);
  const stored = await worker.store.head(shardKey(TENANT, batch, 1));
  await score(batch, [1, 1]);
  expect(await worker.store.head(shardKey(TENANT, batch, 1))).toEqual(stored);
  expect(await worker.deps.progress.read(batch.id, 1)).toMatchObject({ shards: 1, succeeded: 1, rejected: 1 });
});

describe('a rescored batch whose previous own model is deleted', () => {
  const own = () => worker.deps.registry.ofTenant(TENANT);

  /** Stores the shipped model as an own one and a batch that is compared with it. */
  async function acceptRescored() {
    const { bytes } = await worker.deps.registry.loadPinned(worker.pin);
    const { digest: _, ...file } = parseModel(bytes).file;
    const previous = await own().add(Buffer.from(serializeModel({ ...file, name: 'previous' })));
    const batch: BatchDocument = {
      ...(await accept()),
      rescores: { batch_id: 'batch_first', model: previous, operating_point: 'default' },
    };
    await worker.store.put(ObjectKeys.batchDocument(TENANT, batch.id), Buffer.from(JSON.stringify(batch)));
    const error = {
      code: 'model-deleted',
      detail: expect.stringContaining(`own/previous@${previous.version}`) as string,
    };
    return { batch, error, remove: () => own().delete('previous', previous.version) };
  }

  test('lists the rows that were not scored yet as failed, and says why', async () => {
    const { batch, error, remove } = await acceptRescored();
    await score(batch, [0]);
    await remove();
    await expect(score(batch, [1])).rejects.toThrow(ModelDeletedError);
    await finalize(batch, [1, 2]);
    const { manifest, statuses } = await run(batch);
    expect(manifest).toMatchObject({ status: 'completed_with_errors', error, failed_shards: [1, 2], changed_rows: 0 });
    expect(statuses).toEqual(['ok', 'ok', 'failed', 'failed', 'failed', 'failed']);
  });

  test('fails with the reason, but not while the store is unavailable', async () => {
    const { batch, error, remove } = await acceptRescored();
    await remove();
    const job = { v: 1, tenant: TENANT, batchId: batch.id, run: 1 } as const;
    const key = ObjectKeys.runManifest(TENANT, batch.id, 1);
    const unavailable = Object.assign(Object.create(worker.store) as ObjectStore, {
      head: () => Promise.reject(new StoreUnavailableError('unavailable')),
    });
    const deps = { ...worker.deps, registry: new ModelRegistry(unavailable) };
    const failing = new Finalizer(deps, new BatchDocumentCache(worker.store)).failRun(job);
    await expect(failing).rejects.toThrow(StoreUnavailableError);
    expect(await worker.store.head(key)).toBeUndefined();
    await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).failRun(job);
    expect(await worker.json(key)).toMatchObject({ status: 'failed', error });
  });
});
