import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier, type OperatingPoint, parseModel, serializeModel } from '@cytoqueue/classifier';
import type { JobProducer } from '@cytoqueue/queue';
import { type BatchDocument, type ModelPin, ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { readResults } from '../../../../test/src/support/result-file';
import { HEADER, RunningWorker, TENANT } from '../../test/running-worker';
import { Finalizer } from '../jobs/finalize';
import { BatchDocumentCache } from '../jobs/batch-documents';
import { processShard } from '../jobs/shard';
import { type ShadowScorerDeps, scoreMarked } from './shadow-scorer';

const MODELS = join(__dirname, '../../../../packages/registry/models/wbc-knn');
const DATA = join(__dirname, '../../../../packages/schema/data/wisconsin-original.csv');
const NAME = 'wbc-knn';

let connection: Redis;
let producer: JobProducer;
let worker: RunningWorker;
let candidate: ModelPin;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ connection, producer } = worker);
  const { digest: _, ...file } = parseModel(readFileSync(join(MODELS, '1.0.0.json'))).file;
  const operating_points = { default: 0.9, sensitivity99: 0.8 };
  candidate = await worker.deps.registry.add(
    Buffer.from(serializeModel({ ...file, version: '2.0.0', operating_points })),
  );
});

afterEach(async () => {
  await worker.store.deletePrefix(ObjectKeys.shadowFolder);
  await connection.flushall();
});

afterAll(() => worker?.stop());

const deps = (store: ObjectStore = worker.store): ShadowScorerDeps => ({
  ...worker.deps,
  store,
  producer,
  redis: connection,
  threadFile: join(__dirname, '../../dist/scoring/background-thread.js'),
});
const shadows = () => worker.deps.registry.shadows;
const keysBelow = async (prefix: string) => {
  const keys: string[] = [];
  for await (const { key } of listAll(worker.store, prefix)) keys.push(key);
  return keys;
};

/** Rows of the training data with probabilities on both sides of the candidate's threshold. */
const rows = readFileSync(DATA, 'utf8')
  .trim()
  .split('\n')
  .slice(1, 201)
  .map((line) => line.split(',').slice(0, 10).join(','));
const FILE = `${HEADER}${rows.join('\n')}\n1,11,1,1,1,2,1,3,1,1\n`;

function expected(batch: BatchDocument): { agreed: number; disagreed: number } {
  const classify = (version: string, point: OperatingPoint, threshold?: number) => {
    const classifier = new Classifier(parseModel(readFileSync(join(MODELS, `${version}.json`))));
    return rows.map((line) => {
      const cells = line.split(',').slice(1);
      const sample = cells.map((cell) => (cell === '?' || cell === '' ? NaN : Number(cell)));
      const { probability, label } = classifier.predict(sample, { operatingPoint: point });
      return threshold === undefined ? label : probability >= threshold ? 1 : 0;
    });
  };
  const point = batch.options.operating_point;
  const champion = classify('1.1.0', point);
  const shadow = classify('1.0.0', point, point === 'default' ? 0.9 : 0.8);
  const agreed = champion.filter((label, row) => label === shadow[row]).length;
  return { agreed, disagreed: rows.length - agreed };
}

async function finished(
  accepted: BatchDocument,
  failed: number[] = [],
  workerDeps = worker.deps,
): Promise<BatchDocument> {
  const documents = new BatchDocumentCache(worker.store);
  const job = { v: 1, tenant: TENANT, batchId: accepted.id, run: 1 } as const;
  for (const [shard, { rows: count }] of accepted.shards.entries())
    if (!failed.includes(shard)) await processShard(worker.deps, documents, { ...job, shard, rows: count });
  await new Finalizer(workerDeps, documents).process(job, new Set(failed));
  return accepted;
}

const counts = async () => {
  const shadow = await shadows().find(NAME);
  return shadow && shadows().readCounts(shadow.id, worker.pin.version);
};

test.each(['default', 'sensitivity99'] as const)(
  'counts the rows of a finished batch whose class is the same at its operating point %s, and those whose is not',
  async (operating_point) => {
    await shadows().set(candidate);
    const batch = await finished(await worker.acceptBatch(FILE, 64, { operating_point, explain: true }));
    const result = await readResults(worker.store, TENANT, batch.id);
    expect(await scoreMarked(deps())).toBe(1);
    expect(await counts()).toEqual(expected(batch));
    expect(expected(batch).disagreed).toBeGreaterThan(0);
    expect(await keysBelow(ObjectKeys.shadowPendingFolder)).toEqual([]);
    // Nothing of the shadow's answers is beside the batch or in its results.
    const kept = await keysBelow(ObjectKeys.batchFolder(TENANT, batch.id));
    expect(kept.filter((key) => key.includes('2.0.0'))).toEqual([]);
    expect((await readResults(worker.store, TENANT, batch.id)).equals(result)).toBe(true);
  },
);

test('a batch counts once, whether its worker crashes before or after the counts are stored, or two score it at once', async () => {
  await shadows().set(candidate);
  const batch = await finished(await worker.acceptBatch(FILE, 64));
  const [marker] = await keysBelow(ObjectKeys.shadowPendingFolder);
  const content = await worker.store.get(marker);
  // A crash between the counts and the deletion of the marker.
  const crashing = Object.assign(Object.create(worker.store) as ObjectStore, {
    delete: (key: string) => (key === marker ? Promise.reject(new Error('crashed')) : worker.store.delete(key)),
  });
  await expect(scoreMarked(deps(crashing))).rejects.toThrow('crashed');
  expect(await counts()).toEqual(expected(batch));
  expect(await scoreMarked(deps())).toBe(0);
  // A late delivery restores the marker; two workers take it.
  await worker.store.put(marker, content);
  await Promise.all([scoreMarked(deps()), scoreMarked(deps())]);
  expect(await counts()).toEqual(expected(batch));
});

test('failed shards, rescored batches, later runs and canceled batches are not counted', async () => {
  await shadows().set(candidate);
  const [first, rest] = [await worker.acceptBatch(FILE, 64), await worker.acceptBatch(FILE, 64)];
  await finished(first, [0, 1, 2]);
  await scoreMarked(deps());
  const ofLastShard = (await counts()) ?? { agreed: 0, disagreed: 0 };
  expect(ofLastShard.agreed + ofLastShard.disagreed).toBe(200 - 3 * 64);
  await worker.store.put(ObjectKeys.runCancel(TENANT, rest.id, 1), Buffer.from('{}'));
  await finished(rest);
  await finished(await worker.acceptBatch(FILE, 64), [0, 1, 2, 3]);
  expect(await keysBelow(ObjectKeys.shadowPendingFolder)).toEqual([]);
  const rescored = await worker.acceptBatch(FILE, 64);
  const document = { ...rescored, rescores: { batch_id: first.id, model: worker.pin, operating_point: 'default' } };
  await worker.store.put(ObjectKeys.batchDocument(TENANT, rescored.id), Buffer.from(JSON.stringify(document)));
  await finished(rescored);
  await scoreMarked(deps());
  expect(await counts()).toEqual(ofLastShard);
});

test('waits until no job waits, and an interrupted batch is scored later', async () => {
  await shadows().set(candidate);
  const batch = await finished(await worker.acceptBatch(FILE, 64));
  await producer.enqueuePrediction({ tenant: TENANT, predictionId: 'pred_waiting' });
  const stopping = new AbortController();
  let asked = 0;
  const waitingJobs = async () => {
    if (++asked === 2) stopping.abort();
    return producer.waitingJobs();
  };
  expect(await scoreMarked({ ...deps(), producer: { waitingJobs } }, stopping.signal)).toBe(0);
  expect(await counts()).toEqual({ agreed: 0, disagreed: 0 });
  await connection.flushall();
  expect(await scoreMarked(deps())).toBe(1);
  expect(await counts()).toEqual(expected(batch));
});

test('ending a shadow deletes its counts, and a batch marked for it does not count for the next shadow', async () => {
  await shadows().set(candidate);
  await finished(await worker.acceptBatch(FILE, 64));
  await scoreMarked(deps());
  await finished(await worker.acceptBatch(FILE, 64));
  expect(await shadows().end(NAME)).toBe(true);
  expect(await keysBelow(`${ObjectKeys.shadowFolder}counts/`)).toEqual([]);
  await shadows().set(candidate);
  expect(await scoreMarked(deps())).toBe(0);
  expect(await counts()).toEqual({ agreed: 0, disagreed: 0 });
  expect(await keysBelow(ObjectKeys.shadowPendingFolder)).toEqual([]);
});

test('setting the same version again keeps the counts, and another one starts at 0', async () => {
  const first = await shadows().set(candidate);
  const batch = await finished(await worker.acceptBatch(FILE, 64));
  await scoreMarked(deps());
  expect(await shadows().set(candidate)).toEqual(first);
  expect(await counts()).toEqual(expected(batch));
  await shadows().set(await worker.deps.registry.resolve(`${NAME}@1.0.0`));
  expect(await counts()).toEqual({ agreed: 0, disagreed: 0 });
  expect(await keysBelow(`${ObjectKeys.shadowFolder}counts/`)).toEqual([]);
});

test('a batch that was deleted, or a damaged shadow setting, stops no other batch', async () => {
  await shadows().set(candidate);
  const deleted = await finished(await worker.acceptBatch(FILE, 64));
  await worker.store.deletePrefix(ObjectKeys.batchFolder(TENANT, deleted.id));
  const batch = await finished(await worker.acceptBatch(FILE, 64));
  expect(await scoreMarked(deps())).toBe(1);
  expect(await counts()).toEqual(expected(batch));
  const [latest] = (await keysBelow(ObjectKeys.shadowSettingFolder(NAME))).slice(-1);
  await worker.store.put(latest, Buffer.from('{"id":'));
  // A process that has not read the setting within the last second.
  const registry = new ModelRegistry(worker.store);
  const other = await finished(await worker.acceptBatch(FILE, 64), [], { ...worker.deps, registry });
  expect(await worker.store.head(ObjectKeys.runManifest(TENANT, other.id, 1))).toBeDefined();
  expect(await scoreMarked(deps())).toBe(0);
  expect(worker.logged).toContainEqual(expect.objectContaining({ alarm: 'object-corrupt' }));
});

test('batches that finish within a second read the setting once', async () => {
  await shadows().set(candidate);
  let reads = 0;
  const list: ObjectStore['list'] = (options) => {
    if (options.prefix === ObjectKeys.shadowSettingFolder(NAME)) reads++;
    return worker.store.list(options);
  };
  const registry = new ModelRegistry(Object.assign(Object.create(worker.store) as ObjectStore, { list }));
  await Promise.all(Array.from({ length: 5 }, () => registry.shadows.findRecent(NAME)));
  expect(reads).toBe(1);
  await registry.shadows.end(NAME);
  expect(await registry.shadows.findRecent(NAME)).toBeUndefined();
});
