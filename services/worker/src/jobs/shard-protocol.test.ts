import { Classifier } from '@cytoqueue/classifier';
import { type BatchDocument, type ManifestDocument, ObjectKeys, decodeShardObject } from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { CrashError, type CrashPoint, Crashing } from '../../test/crashing';
import { HEADER, RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from './finalize';
import { BatchDocumentCache, processShard, shardKey } from './shard';

/*
 * The protocol by which shards and finalizers make one result of a batch, under schedules that no queue would be kind enough
 * to avoid: shards in any order, again and again, several at once, finalizers before their time and at once, and each job
 * dead at any of its calls to the store or to Redis, with or without that call's effect.
 */

const RUNS = 60;
const FEATURES = 9;

let redis: RedisProcess;
let worker: RunningWorker;
let classifier: Classifier;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  classifier = new Classifier((await worker.services.registry.loadPinned(worker.pin)).model);
});

afterAll(async () => {
  await worker?.stop();
  await redis?.down();
});

interface Job {
  kind: 'shard' | 'finalize';
  /** Which shard, or the first of those that the queue calls failed; modulo the number of shards. */
  shard: number;
  callsFailed: boolean;
  crash: CrashPoint | undefined;
}

const cell = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 10 }).map(String) },
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('11', 'x', '2.5', '"3"') },
);
const id = fc.constantFrom('7', 'a b', '"q,q"', '"two\nlines"', '', 'é');
const row = fc
  .tuple(id, fc.array(cell, { minLength: FEATURES, maxLength: FEATURES }))
  .map(([first, cells]) => [first, ...cells].join(','));
const csv = fc
  .tuple(fc.array(row, { minLength: 1, maxLength: 30 }), fc.boolean())
  .map(([rows, ended]) => HEADER + rows.join('\n') + (ended ? '\n' : ''));
const crash = fc.option(fc.record({ call: fc.integer({ min: 1, max: 14 }), effect: fc.boolean() }), { nil: undefined });
const job = fc.record({
  kind: fc.constantFrom<Job['kind']>('shard', 'shard', 'shard', 'finalize'),
  shard: fc.nat(29),
  callsFailed: fc.boolean(),
  crash,
});
/** Each wave is delivered at once, the next when all of it have ended or died. */
const waves = fc.array(fc.array(job, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

/** Runs one job as a process of its own would; whether it lived is its own affair. */
async function deliver(record: BatchDocument, { kind, shard: wanted, callsFailed, crash: point }: Job): Promise<void> {
  const process = new Crashing(point);
  const { store, progress, metrics } = worker.services;
  const services = {
    ...worker.services,
    store: process.wrap(store),
    progress: process.wrap(progress),
    metrics: process.wrap(metrics),
  };
  const records = new BatchDocumentCache(services.store);
  const shard = wanted % record.shards.length;
  const work =
    kind === 'shard'
      ? processShard(services, records, {
          v: 1,
          tenant: TENANT,
          batchId: record.id,
          run: 1,
          shard,
          rows: record.shards[shard].rows,
        })
      : new Finalizer(services, records).process(
          { v: 1, tenant: TENANT, batchId: record.id, run: 1 },
          new Set(callsFailed ? [shard] : []),
        );
  await work.catch((error: unknown) => {
    if (!process.crashed || !(error instanceof CrashError)) throw error;
  });
}

/** What must hold at every moment: whatever is there is whole and right, and what has not ended is still promised. */
async function expectNothingWrong(record: BatchDocument): Promise<void> {
  const keys = await keysOf(worker.store, ObjectKeys.batchFolder(TENANT, record.id));
  const shards = keys.filter((key) => ObjectKeys.parseShardKey(key) !== undefined);
  for (const key of shards) decodeShardObject(await worker.store.get(key), key);
  const ended = keys.includes(ObjectKeys.runManifest(TENANT, record.id, 1));
  expect(ended || (await worker.isPending(record.id))).toBe(true);
  if (ended) await expectResult(record);
}

/** The finished run against the model: every row once, in order, its cells as they were, its verdict that of a row alone. */
async function expectResult(record: BatchDocument): Promise<void> {
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, record.id, 1));
  const read = async (key: string) =>
    parse(await worker.store.get(key), { columns: true, relax_column_count: true }) as Record<string, string>[];
  const [input, results, errors] = await Promise.all([
    read(ObjectKeys.batchInput(TENANT, record.id)),
    read(ObjectKeys.runResults(TENANT, record.id, 1)),
    read(ObjectKeys.runErrors(TENANT, record.id, 1)),
  ]);
  const failedRows = new Set(manifest.failed_shards.flatMap((shard) => rowsOf(record, shard)));
  const expected = input.map((cells, index) => ({
    ...cells,
    row: String(index + 1),
    ...verdict(cells, failedRows.has(index + 1)),
  }));
  expect(results.map((found, index) => pick(found, Object.keys(expected[index])))).toEqual(expected);
  expect(errors.map((found) => found['id'])).toEqual(
    expected.filter((each) => each.row_status !== 'ok').map((each) => (each as Record<string, string>)['id']),
  );
  const count = (status: string) => expected.filter((each) => each.row_status === status).length;
  expect(manifest.counts).toEqual({
    total: input.length,
    pending: 0,
    succeeded: count('ok'),
    rejected: count('rejected'),
    failed: count('failed'),
  });
  for (const shard of manifest.failed_shards) expect(shard).toBeLessThan(record.shards.length);
}

function rowsOf({ shards }: BatchDocument, shard: number): number[] {
  return Array.from({ length: shards[shard].rows }, (_, index) => shards[shard].firstRow + index);
}

function verdict(cells: Record<string, string>, failed: boolean) {
  if (failed) return { row_status: 'failed', predicted_class: '', probability_malignant: '' };
  const values = Array.from({ length: FEATURES }, (_, feature) => cells[`V${feature + 1}`]);
  const bad = values.some((value) => value !== '' && !/^([1-9]|10)$/.test(value));
  const missing = values.filter((value) => value === '').length;
  if (bad || missing > classifier.model.schema.maxMissing)
    return { row_status: 'rejected', predicted_class: '', probability_malignant: '' };
  const { label, probability } = classifier.predict(values.map((value) => (value === '' ? NaN : Number(value))));
  return {
    row_status: 'ok',
    predicted_class: label === 1 ? 'malignant' : 'benign',
    probability_malignant: String(probability),
  };
}

function pick(found: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, found[name]]));
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key);
  return keys;
}

/** Another batch of the same rows and shards that nothing disturbs; its result's bytes. */
async function undisturbed(text: string, shardRows: number, failed: readonly number[]): Promise<Buffer> {
  const record = await worker.acceptBatch(text, shardRows);
  const records = new BatchDocumentCache(worker.store);
  const lasting = record.shards
    .map(({ rows }, shard) => ({ shard, rows }))
    .filter(({ shard }) => !failed.includes(shard));
  for (const { shard, rows } of lasting)
    await processShard(worker.services, records, { v: 1, tenant: TENANT, batchId: record.id, run: 1, shard, rows });
  await new Finalizer(worker.services, records).process(
    { v: 1, tenant: TENANT, batchId: record.id, run: 1 },
    new Set(failed),
  );
  return worker.store.get(ObjectKeys.runResults(TENANT, record.id, 1));
}

test('whatever is delivered, in whatever order, however often, and wherever it dies: every row ends once, and the bytes are the same', async () => {
  const property = fc.asyncProperty(csv, fc.integer({ min: 1, max: 30 }), waves, async (text, shardRows, schedule) => {
    const record = await worker.acceptBatch(text, shardRows);
    const stored = new Map<string, Buffer>();
    for (const wave of schedule) {
      await Promise.all(wave.map((each) => deliver(record, each)));
      await expectNothingWrong(record);
      await expectWrittenOnce(record, stored);
    }
    // What the reconciler brings about in the end.
    await deliver(record, { kind: 'finalize', shard: 0, callsFailed: false, crash: undefined });
    await expectNothingWrong(record);
    expect(await worker.isPending(record.id)).toBe(false);
    const { failed_shards: failed } = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, record.id, 1));
    const results = await worker.store.get(ObjectKeys.runResults(TENANT, record.id, 1));
    expect(results.equals(await undisturbed(text, shardRows, failed))).toBe(true);
  });
  await fc.assert(property, { numRuns: RUNS });
});

/** What was stored once never becomes anything else. */
async function expectWrittenOnce(record: BatchDocument, stored: Map<string, Buffer>): Promise<void> {
  for (let shard = 0; shard < record.shards.length; shard++) {
    const key = shardKey(TENANT, record, shard);
    if ((await worker.store.head(key)) === undefined) continue;
    const bytes = await worker.store.get(key);
    const before = stored.get(key) ?? bytes;
    expect(bytes.equals(before)).toBe(true);
    stored.set(key, before);
  }
}
