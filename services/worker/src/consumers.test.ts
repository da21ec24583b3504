import { ModelFileError } from '@cytoqueue/classifier';
import type { JobProducer } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import { type ManifestDocument, ObjectKeys, decodeShardCounts, shardKey } from '@cytoqueue/records';
import {
  ObjectCorruptError,
  ObjectMismatchError,
  ObjectNotFoundError,
  StoreFullError,
  StoreUnavailableError,
} from '@cytoqueue/storage';
import { waitUntil } from '../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../test/running-worker';
import { ThreadHold } from '../test/thread-hold';
import { createConsumers } from './consumers';
import { toJobError } from './errors';
import { loadShardTask } from './jobs/shard';
import { ScoringPool } from './scoring/pool';

let worker: RunningWorker;
let producer: JobProducer;
let consumers: ReturnType<typeof createConsumers>;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ producer } = worker);
  consumers = createConsumers(worker.deps);
  consumers.start();
});

afterAll(async () => {
  await consumers?.stop();
  await worker?.stop();
});

const DOCTORED = `sha256:${'0'.repeat(64)}`;

test('scores the shards of a batch, writes its manifest and logs nothing but ids', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(5), 2);
  await producer.enqueueBatch({
    tenant: TENANT,
    batchId: batch.id,
    run: 1,
    shards: batch.shards.map(({ rows }, shard) => ({ shard, rows })),
  });
  await waitUntil('the batch is finished', async () => !(await worker.isPending(batch.id)));
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { total: 5, succeeded: 5 } });
  await waitUntil('every job is logged', () => worker.logged.filter(({ msg }) => msg === 'job done').length === 4);
  expect(worker.logged.filter(({ level }) => level > 30)).toEqual([]);
});

test('a model that differs from the pinned one is not retried, and its prediction fails', async () => {
  const id = await worker.acceptPrediction({ model: { ...worker.pin, digest: DOCTORED } });
  const before = worker.logged.length;
  await producer.enqueuePrediction({ tenant: TENANT, predictionId: id });
  await waitUntil('the prediction is finished', async () => !(await worker.isPending(id)));
  expect(await worker.json(ObjectKeys.predictionCompletion(TENANT, id))).toMatchObject({ status: 'failed' });
  expect(worker.logged.slice(before).map(({ msg }) => msg)).toEqual(['job failed']);
});

test.each([
  ['a changed row', (bytes: Buffer) => Buffer.from(bytes).fill('9', bytes.length - 12, bytes.length - 11)],
  ['a truncated end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
  [
    'a changed count',
    (bytes: Buffer) =>
      Buffer.from(bytes.toString('latin1').replace('"indeterminate":0', '"indeterminate":1'), 'latin1'),
  ],
  ['a header of zeros', (bytes: Buffer) => Buffer.from(bytes).fill(0, 0, 64)],
  ['no bytes', () => Buffer.alloc(0)],
])('a shard object with %s raises an alarm, is moved to damaged/, and its shard is scored again', async (_, damage) => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(2), 2);
  const job = { tenant: TENANT, run: 1, shards: [{ shard: 0, rows: 2 }] };
  const intact = Buffer.from(await worker.deps.pool.score(await loadShardTask(worker.deps, TENANT, batch, 0)));
  const damaged = damage(intact);
  await worker.store.put(shardKey(TENANT, batch, 0), damaged);
  const before = worker.logged.length;
  await producer.enqueueBatch({ ...job, batchId: batch.id });
  await waitUntil('the second batch is finished', async () => !(await worker.isPending(batch.id)));
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
  expect(manifest).toMatchObject({ status: 'succeeded', counts: { succeeded: 2 }, failed_shards: [] });
  expect(await worker.store.get(shardKey(TENANT, batch, 0))).toEqual(intact);
  expect(
    await worker.store.get(ObjectKeys.damagedShard(TENANT, batch.id, 0, `${batch.model.name}@${batch.model.version}`)),
  ).toEqual(damaged);
  expect(worker.logged.slice(before).filter(({ alarm }) => alarm !== undefined)).toMatchObject([
    { level: 50, alarm: 'object-corrupt' },
  ]);
});

test.each(
  [
    [new ModelFileError('digest-mismatch', 'x'), 'UnrecoverableError'],
    [new ModelDigestError('x'), 'UnrecoverableError'],
    [new UnknownModelError('x'), 'UnrecoverableError'],
    [new ObjectMismatchError('k'), 'UnrecoverableError'],
    [new ObjectCorruptError('k', 'x'), 'UnrecoverableError'],
    [new ObjectNotFoundError('k'), 'UnrecoverableError'],
    [new StoreUnavailableError('x'), 'PostponeError'],
    [new StoreFullError('x'), 'PostponeError'],
    [new TypeError('x'), 'TypeError'],
    ['no error object', 'Error'],
  ].map(([error, name]) => [error instanceof Error ? error.constructor.name : error, error, name]),
)('%s becomes the job error that decides about retries', (_, error, name) => {
  expect(toJobError(error, 0).name).toBe(name);
});

test('an outage of the store that lasts for days uses up attempts', () => {
  expect(toJobError(new StoreUnavailableError('x'), 2 * 86_400_000).name).toBe('StoreUnavailableError');
});

test('the event loop is not blocked while a shard is being scored', async () => {
  const batch = await worker.acceptBatch(HEADER + ROW.repeat(5), 5);
  const task = await loadShardTask(worker.deps, TENANT, batch, 0);
  // The scoring thread waits until this thread releases it. If scoring ran on this thread, the test would hang here.
  const held = new ThreadHold();
  const pool = new ScoringPool(1, ThreadHold.threadFile);
  try {
    const scoring = pool.score(task);
    await waitUntil('scoring has started', () => held.isReached());
    held.release();
    expect(decodeShardCounts(await scoring, shardKey(TENANT, batch, 0)).succeeded).toBe(5);
  } finally {
    held.release();
    await pool.stop();
  }
});
