import { Classifier } from '@cytoqueue/classifier';
import {
  type AgreementDocument,
  type BatchDocument,
  type ManifestDocument,
  ObjectKeys,
  decodeShardObject,
  shardKey,
} from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { readResults } from '../../../../test/src/support/result-file';
import { CrashError, type CrashPoint, Crashing } from '../../test/crashing';
import { RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from './finalize';
import { BatchDocumentCache } from './batch-documents';
import { processShard } from './shard';

/*
 * Tests the protocol of shards and finalizers under arbitrary schedules: shards in any order, redelivered and
 * concurrent, finalizers early and concurrent, and every job crashing in any of its calls to the store or to Redis,
 * with or without that call's effect.
 */

const RUNS = 60;
const FEATURES = 9;
const HEADER = 'id,V1,V2,V3,V4,V5,V6,V7,V8,V9,class\n';

let worker: RunningWorker;
let classifier: Classifier;

beforeAll(async () => {
  worker = await RunningWorker.start();
  classifier = new Classifier((await worker.deps.registry.loadPinned(worker.pin)).model);
});

afterAll(() => worker?.stop());

interface Job {
  kind: 'shard' | 'finalize';
  /** The shard to score, or the one whose job has failed; modulo the number of shards. */
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
const knownClass = fc.constantFrom('2', '4', 'M', '"benign"', '', '0');
const row = fc
  .tuple(id, fc.array(cell, { minLength: FEATURES, maxLength: FEATURES }), knownClass)
  .map(([first, cells, label]) => [first, ...cells, label].join(','));
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
/** The jobs of a wave are delivered concurrently; the next wave follows when all have ended or crashed. */
const waves = fc.array(fc.array(job, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

/** Runs one job as a separate process would, which may crash. */
async function deliver(
  batch: BatchDocument,
  { kind, shard: shardSeed, callsFailed, crash: point }: Job,
): Promise<void> {
  const process = new Crashing(point);
  const { store, progress, metrics } = worker.deps;
  const deps = {
    ...worker.deps,
    store: process.wrap(store),
    progress: process.wrap(progress),
    metrics: process.wrap(metrics),
  };
  const batchDocuments = new BatchDocumentCache(deps.store);
  const shard = shardSeed % batch.shards.length;
  const work =
    kind === 'shard'
      ? processShard(deps, batchDocuments, {
          v: 1,
          tenant: TENANT,
          batchId: batch.id,
          run: 1,
          shard,
          rows: batch.shards[shard].rows,
        })
      : new Finalizer(deps, batchDocuments).process(
          { v: 1, tenant: TENANT, batchId: batch.id, run: 1 },
          new Set(callsFailed ? [shard] : []),
        );
  await work.catch((error: unknown) => {
    if (!process.crashed || !(error instanceof CrashError)) throw error;
  });
}

/** Asserts the invariants: every stored object is complete and correct, and an unfinished batch is pending. */
async function expectInvariants(batch: BatchDocument): Promise<void> {
  const keys = await keysOf(worker.store, ObjectKeys.batchFolder(TENANT, batch.id));
  const shards = keys.filter((key) => ObjectKeys.parseShardKey(key) !== undefined);
  for (const key of shards) decodeShardObject(await worker.store.get(key), key);
  const ended = keys.includes(ObjectKeys.runManifest(TENANT, batch.id, 1));
  expect(ended || (await worker.isPending(batch.id))).toBe(true);
  if (ended) await expectResult(batch);
}

/**
 * Compares the finished run with the model: every row once, in order, unchanged, with the result of scoring it alone.
 */
async function expectResult(batch: BatchDocument): Promise<void> {
  const manifest = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
  const read = async (reading: Promise<Buffer>) =>
    parse(await reading, { columns: true, relax_column_count: true }) as Record<string, string>[];
  const [input, results, errors] = await Promise.all([
    read(worker.store.get(ObjectKeys.batchInput(TENANT, batch.id))),
    read(readResults(worker.store, TENANT, batch.id)),
    read(worker.store.get(ObjectKeys.runErrors(TENANT, batch.id, 1))),
  ]);
  const failedRows = new Set(manifest.failed_shards.flatMap((shard) => rowsOf(batch, shard)));
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
  expect(manifest.agreement).toEqual(expectedAgreement(expected));
  const scored = results.filter(({ row_status }) => row_status === 'ok');
  const isInBin = (bin: number) => (row: Record<string, string>) =>
    Math.min(9, Math.floor(10 * Number(row['probability_malignant']))) === bin;
  expect(manifest.probabilities).toEqual(Array.from({ length: 10 }, (_, bin) => scored.filter(isInBin(bin)).length));
  for (const shard of manifest.failed_shards) expect(shard).toBeLessThan(batch.shards.length);
}

/** Confusion matrix of the rows, each scored alone; undefined where no row has a class that counts. */
function expectedAgreement(rows: readonly (Verdict & { class?: string })[]): AgreementDocument | undefined {
  const labels: Record<string, string> = { '2': 'benign', '4': 'malignant', M: 'malignant', benign: 'benign' };
  const compared = rows.flatMap(({ class: cell = '', predicted_class, outcome }) =>
    predicted_class !== '' && cell in labels ? [{ label: labels[cell], predicted_class, outcome }] : [],
  );
  const matrix = (of: typeof compared) => {
    const count = (label: string, predicted: string) =>
      of.filter((each) => each.label === label && each.predicted_class === predicted).length;
    return {
      true_positive: count('malignant', 'malignant'),
      false_negative: count('malignant', 'benign'),
      true_negative: count('benign', 'benign'),
      false_positive: count('benign', 'malignant'),
    };
  };
  const confident = compared.filter(({ outcome }) => outcome === 'confident');
  return compared.length === 0 ? undefined : { column: 'class', ...matrix(compared), confident: matrix(confident) };
}

function rowsOf({ shards }: BatchDocument, shard: number): number[] {
  return Array.from({ length: shards[shard].rows }, (_, index) => shards[shard].firstRow + index);
}

interface Verdict {
  row_status: string;
  predicted_class: string;
  probability_malignant: string;
  outcome: string;
}

function verdict(cells: Record<string, string>, failed: boolean): Verdict {
  const unscored = { predicted_class: '', probability_malignant: '', outcome: '' };
  if (failed) return { row_status: 'failed', ...unscored };
  const values = Array.from({ length: FEATURES }, (_, feature) => cells[`V${feature + 1}`]);
  const bad = values.some((value) => value !== '' && !/^([1-9]|10)$/.test(value));
  const missing = values.filter((value) => value === '').length;
  if (bad || missing > classifier.model.schema.maxMissing) return { row_status: 'rejected', ...unscored };
  const { label, probability, reasonFlags } = classifier.predict(
    values.map((value) => (value === '' ? NaN : Number(value))),
  );
  return {
    row_status: 'ok',
    predicted_class: label === 1 ? 'malignant' : 'benign',
    probability_malignant: String(probability),
    outcome: reasonFlags === 0 ? 'confident' : 'indeterminate',
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

/** The results of another batch of the same rows and shards that is processed without crashes. */
async function undisturbed(text: string, shardRows: number, failed: readonly number[]): Promise<Buffer> {
  const batch = await worker.acceptBatch(text, shardRows);
  const batchDocuments = new BatchDocumentCache(worker.store);
  const lasting = batch.shards
    .map(({ rows }, shard) => ({ shard, rows }))
    .filter(({ shard }) => !failed.includes(shard));
  for (const { shard, rows } of lasting)
    await processShard(worker.deps, batchDocuments, { v: 1, tenant: TENANT, batchId: batch.id, run: 1, shard, rows });
  await new Finalizer(worker.deps, batchDocuments).process(
    { v: 1, tenant: TENANT, batchId: batch.id, run: 1 },
    new Set(failed),
  );
  return readResults(worker.store, TENANT, batch.id);
}

test('any order of deliveries and crashes finishes every row once with the same bytes', async () => {
  const property = fc.asyncProperty(csv, fc.integer({ min: 1, max: 30 }), waves, async (text, shardRows, schedule) => {
    const batch = await worker.acceptBatch(text, shardRows);
    const stored = new Map<string, Buffer>();
    for (const wave of schedule) {
      await Promise.all(wave.map((each) => deliver(batch, each)));
      await expectInvariants(batch);
      await expectWrittenOnce(batch, stored);
    }
    // The reconciler delivers the finalizer in the end.
    await deliver(batch, { kind: 'finalize', shard: 0, callsFailed: false, crash: undefined });
    await expectInvariants(batch);
    expect(await worker.isPending(batch.id)).toBe(false);
    const { failed_shards: failed } = await worker.json<ManifestDocument>(ObjectKeys.runManifest(TENANT, batch.id, 1));
    const results = await readResults(worker.store, TENANT, batch.id);
    expect(results.equals(await undisturbed(text, shardRows, failed))).toBe(true);
  });
  await fc.assert(property, { numRuns: RUNS });
});

/** Asserts that a stored object never changes. */
async function expectWrittenOnce(batch: BatchDocument, stored: Map<string, Buffer>): Promise<void> {
  for (let shard = 0; shard < batch.shards.length; shard++) {
    const key = shardKey(TENANT, batch, shard);
    if ((await worker.store.head(key)) === undefined) continue;
    const bytes = await worker.store.get(key);
    const before = stored.get(key) ?? bytes;
    expect(bytes.equals(before)).toBe(true);
    stored.set(key, before);
  }
}
