import {
  type BatchDocument,
  type ManifestDocument,
  ObjectKeys,
  type PredictionCompletion,
  SHARD_FORMAT,
  decodeShardObject,
  encodeShardObject,
  shardKey,
} from '@cytoqueue/records';
import { ObjectMismatchError } from '@cytoqueue/storage';
import { crc32 } from 'node:zlib';
import { readResults } from '../../../../test/src/support/result-file';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from './finalize';
import { PredictionProcessor } from './prediction';
import { BatchDocumentCache } from './batch-documents';
import { loadShardTask, processShard } from './shard';
import { putShardOnce } from './stored-shard';

/** Two releases of the worker process one batch. */

let worker: RunningWorker;

beforeAll(async () => {
  worker = await RunningWorker.start();
});

afterAll(() => worker?.stop());

const accept = () => worker.acceptBatch(HEADER + ROW.repeat(4), 2);
const deliver = (batch: BatchDocument, shard: number) =>
  processShard(worker.deps, new BatchDocumentCache(worker.store), {
    v: 1,
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
    shard,
    rows: 2,
  });
const finalize = ({ id }: BatchDocument) =>
  new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).process(
    { v: 1, tenant: TENANT, batchId: id, run: 1 },
    new Set(),
  );
const results = ({ id }: BatchDocument) => readResults(worker.store, TENANT, id);
const alarms = () => worker.logged.filter(({ alarm }) => alarm !== undefined);

async function score(batch: BatchDocument, shard: number): Promise<Buffer> {
  return Buffer.from(await worker.deps.pool.score(await loadShardTask(worker.deps, TENANT, batch, shard)));
}

/** The same content in the format of the first release, which has no checksum of the header. */
function asFormatOne(object: Buffer, key: string): Buffer {
  const { counts, histogram, results: rows, errors, changes } = decodeShardObject(object, key);
  const bytes = { results: rows.length, errors: errors.length, changes: changes.length };
  const header = { counts, histogram, bytes, crc32: crc32(Buffer.concat([rows, errors, changes])) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), rows, errors, changes]);
}

/** The same content in format 5, which does not count rows by probability. */
function asFormatFive(object: Buffer): Buffer {
  const end = object.indexOf('\n');
  const { header_crc32: _, probabilities, ...header } = JSON.parse(object.toString('latin1', 0, end));
  expect(probabilities).toHaveLength(10);
  const covered = JSON.stringify({ ...header, format: 5 }).slice(0, -1);
  return Buffer.concat([Buffer.from(`${covered},"header_crc32":${crc32(covered)}}`), object.subarray(end)]);
}

test.each([
  ['1', asFormatOne],
  ['5', asFormatFive],
])('a batch with a shard of format %s has no counts by probability', async (_, asFormat) => {
  const [mixed, ours] = [await accept(), await accept()];
  const key = shardKey(TENANT, mixed, 1);
  await worker.store.put(key, asFormat(await score(mixed, 1), key));
  for (const batch of [mixed, ours]) await finalize(batch);
  const [manifest, expected] = await Promise.all(
    [mixed, ours].map(({ id }) => worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, id, 1))),
  );
  expect(manifest).not.toHaveProperty('probabilities');
  expect(expected.probabilities).toEqual([4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(await results(mixed)).toEqual(await results(ours));
});

test('a shard of an earlier release is kept on redelivery and joined with ours', async () => {
  const [mixed, ours] = [await accept(), await accept()];
  const earlier = asFormatOne(await score(mixed, 0), shardKey(TENANT, mixed, 0));
  await worker.store.put(shardKey(TENANT, mixed, 0), earlier);
  await deliver(mixed, 0);
  // Both releases scored the shard at the same time, and the earlier one stored it first.
  const first = await putShardOnce(worker.deps, TENANT, mixed, 0, await score(mixed, 0));
  expect(first?.format).toBe(1);
  expect(await worker.store.get(shardKey(TENANT, mixed, 0))).toEqual(earlier);
  await deliver(mixed, 1);
  await finalize(mixed);
  await finalize(ours);
  expect(await results(mixed)).toEqual(await results(ours));
  expect(alarms()).toEqual([]);
});

test('agreement with the class column is exact although an earlier release scored some of the shards', async () => {
  const labelled = () =>
    worker.acceptBatch(
      `${HEADER.trimEnd()},class\n${['2', '4', 'x', 'B'].map((label) => `${ROW.trimEnd()},${label}\n`).join('')}`,
      2,
    );
  const [mixed, ours] = [await labelled(), await labelled()];
  await worker.store.put(shardKey(TENANT, mixed, 0), asFormatOne(await score(mixed, 0), shardKey(TENANT, mixed, 0)));
  for (const batch of [mixed, ours]) await finalize(batch);
  const matrix = { true_positive: 0, false_negative: 1, true_negative: 2, false_positive: 0 };
  for (const { id } of [mixed, ours])
    expect(await worker.json(ObjectKeys.runManifest(TENANT, id, 1))).toMatchObject({
      agreement: { column: 'class', ...matrix, confident: matrix },
    });
});

test('a damaged shard that a retry carried over is scored again but counted once', async () => {
  const batch = await accept();
  await deliver(batch, 0);
  const key = shardKey(TENANT, batch, 0);
  await worker.store.put(key, Buffer.from(await worker.store.get(key)).fill(0, 100, 110));
  const before = alarms().length;
  await new Finalizer(worker.deps, new BatchDocumentCache(worker.store)).process(
    { v: 1, tenant: TENANT, batchId: batch.id, run: 2 },
    new Set(),
  );
  expect(alarms().slice(before)).toMatchObject([{ alarm: 'object-corrupt' }]);
  // The second shard was missing and is counted; the first one was carried over.
  expect(await worker.deps.progress.read(batch.id, 2)).toMatchObject({ shards: 1, succeeded: 2 });
  expect(await worker.json(ObjectKeys.runManifest(TENANT, batch.id, 2))).toMatchObject({
    status: 'succeeded',
    counts: { succeeded: 4 },
  });
});

test.each([
  ['another shard of the batch', async (batch: BatchDocument) => shardKey(TENANT, batch, 1)],
  [
    'the same shard of another batch',
    async () => {
      const other = await worker.acceptBatch(HEADER + ROW.replace('5', '10').repeat(4), 2);
      await deliver(other, 0);
      return shardKey(TENANT, other, 0);
    },
  ],
])(
  'an object of %s with as many rows is moved to damaged/, and the results equal those of an intact run',
  async (_, keyOfOther) => {
    const [batch, undisturbed] = [await accept(), await accept()];
    await finalize(undisturbed);
    for (const shard of [0, 1]) await deliver(batch, shard);
    await worker.store.put(shardKey(TENANT, batch, 0), await worker.store.get(await keyOfOther(batch)));
    const before = alarms().length;
    await finalize(batch);
    expect(alarms().slice(before)).toMatchObject([{ alarm: 'object-corrupt' }]);
    expect(await results(batch)).toEqual(await results(undisturbed));
  },
);

test('two different objects of one format raise an alarm, and the first one stays', async () => {
  const batch = await accept();
  const object = await score(batch, 0);
  const { counts, histogram, errors, changes } = decodeShardObject(object, shardKey(TENANT, batch, 0));
  const other = encodeShardObject({ counts, histogram, results: Buffer.from('other'), errors, changes });
  await worker.store.put(shardKey(TENANT, batch, 0), other);
  await expect(putShardOnce(worker.deps, TENANT, batch, 0, object)).rejects.toThrow(ObjectMismatchError);
  expect(await worker.store.get(shardKey(TENANT, batch, 0))).toEqual(other);
  expect(SHARD_FORMAT).toBeGreaterThan(1);
});

test('a manifest that a finalizer of an earlier release wrote first is kept', async () => {
  const batch = await accept();
  await finalize(batch);
  const key = ObjectKeys.runManifest(TENANT, batch.id, 1);
  const earlier = Buffer.from(JSON.stringify(await worker.json(key)));
  expect(await worker.store.get(key)).not.toEqual(earlier);
  await worker.store.put(key, earlier);
  const late = Object.assign(Object.create(worker.store) as typeof worker.store, { head: async () => undefined });
  await new Finalizer({ ...worker.deps, store: late }, new BatchDocumentCache(late)).process(
    { v: 1, tenant: TENANT, batchId: batch.id, run: 1 },
    new Set(),
  );
  expect(await worker.store.get(key)).toEqual(earlier);
});

test('a result of another release with different evidence is kept; within one release it raises an alarm', async () => {
  const processor = new PredictionProcessor(worker.deps);
  const redeliver = async (change: (end: PredictionCompletion) => object) => {
    const predictionId = await worker.acceptPrediction();
    const job = { v: 1, tenant: TENANT, predictionId } as const;
    await processor.process(job);
    const key = ObjectKeys.predictionCompletion(TENANT, predictionId);
    const changed = Buffer.from(JSON.stringify(change(await worker.json<PredictionCompletion>(key))));
    await worker.store.put(key, changed);
    return { redelivery: processor.process(job), key, changed };
  };
  const later = await redeliver((end) => ({ ...end, format: 99 }));
  expect(await later.redelivery).toBe(false);
  expect(await worker.store.get(later.key)).toEqual(later.changed);
  const { redelivery } = await redeliver((end) => ({ ...end, more: true }));
  await expect(redelivery).rejects.toThrow(ObjectMismatchError);
});
