import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ObjectKeys,
  createId,
  idsByStatus,
  indexResources,
  markUnfinished,
  removeSegmentsBefore,
  repairStatusIndex,
} from '../index';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { keysOf } from '../../../storage/src/contract/object-store.test.fixtures';

const DAY_MS = 24 * 60 * 60_000;
const NOW_MS = Date.now();
const PREDICTIONS = { tenant: 'lab', kind: 'predictions' } as const;
const BATCHES = { tenant: 'lab', kind: 'batches' } as const;

let root: string;
let store: ObjectStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-index-'));
  store = openStore(pathToFileURL(root).href);
  await store.start();
});

afterEach(async () => {
  await store.stop();
  await rm(root, { recursive: true });
});

function write(key: string, document: object): void {
  mkdirSync(join(root, key, '..'), { recursive: true });
  writeFileSync(join(root, key), JSON.stringify(document));
}

/** Writes a record like any release of the service; without a status it is unfinished. */
function makeRecord(timeMs: number, status?: string): string {
  const id = createId('pred_', timeMs);
  write(ObjectKeys.predictionRequest('lab', id), {});
  if (status !== undefined) write(ObjectKeys.predictionCompletion('lab', id), { status });
  return id;
}

function endRun(id: string, run: number, status: string): void {
  const none = { total: 0, pending: 0, succeeded: 0, rejected: 0, failed: 0 };
  const summary = { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 };
  write(ObjectKeys.runManifest('lab', id, run), { run, status, counts: none, summary, failed_shards: [] });
}

/** `count` records a second apart, every hundredth of which failed. */
function makeHistory(count: number, startMs = NOW_MS - DAY_MS): { all: string[]; failed: string[] } {
  const all = Array.from({ length: count }, (_, n) =>
    makeRecord(startMs + n * 1_000, n % 100 === 7 ? 'failed' : 'succeeded'),
  );
  return { all, failed: all.filter((_, n) => n % 100 === 7) };
}

async function candidates(
  list: typeof PREDICTIONS | typeof BATCHES,
  status: string,
  before?: string,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const some of idsByStatus(store, list, status, before)) ids.push(...some);
  return ids;
}

const segments = async (): Promise<string[]> => (await keysOf(store)).filter((key) => key.includes('/index/'));

test('a rare status is found without reading the other resources, from any start', async () => {
  const { all, failed } = makeHistory(1_000);
  expect(await indexResources(store, PREDICTIONS)).toBe(4);
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(failed.toReversed());
  expect(await candidates(PREDICTIONS, 'canceled')).toEqual([]);
  for (const before of [all[0], all[250], all[507], failed[5], createId('pred_')]) {
    expect(await candidates(PREDICTIONS, 'failed', before)).toEqual(failed.filter((id) => id < before!).reverse());
  }
});

test('resources that are not indexed yet are always candidates', async () => {
  const { failed } = makeHistory(300);
  await indexResources(store, PREDICTIONS);
  expect(await segments()).toHaveLength(1);
  const young = makeHistory(40, NOW_MS - 50_000);
  const [newest] = await candidates(PREDICTIONS, 'failed');
  expect(newest).toBe(young.all.at(-1));
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(expect.arrayContaining([...failed, ...young.failed]));
});

test('indexing stops before ids that may still appear or end soon, and continues there later', async () => {
  const old = makeHistory(249);
  const waiting = makeRecord(NOW_MS - 30 * 60_000);
  expect(await indexResources(store, PREDICTIONS)).toBe(0);
  write(ObjectKeys.predictionCompletion('lab', waiting), { status: 'canceled' });
  expect(await indexResources(store, PREDICTIONS)).toBe(1);
  expect(await candidates(PREDICTIONS, 'canceled')).toEqual([waiting]);
  makeHistory(250, NOW_MS - 60_000);
  expect(await indexResources(store, PREDICTIONS)).toBe(0);
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(expect.arrayContaining(old.failed));
});

test('a record unfinished for an hour is indexed as a candidate of every status', async () => {
  const stuck = makeRecord(NOW_MS - 2 * DAY_MS);
  makeHistory(249);
  expect(await indexResources(store, PREDICTIONS)).toBe(1);
  for (const status of ['queued', 'canceled']) expect(await candidates(PREDICTIONS, status)).toEqual([stuck]);
});

test('a batch that can be retried stays a candidate, so it is found under its new status', async () => {
  const ids = Array.from({ length: 250 }, (_, n) => createId('batch_', NOW_MS - 3 * DAY_MS + n * 1_000));
  for (const [n, id] of ids.entries()) endRun(id, 1, n === 100 ? 'completed_with_errors' : 'succeeded');
  expect(await indexResources(store, BATCHES)).toBe(1);
  expect(await candidates(BATCHES, 'failed')).toEqual([ids[100]]);
  await markUnfinished(store, BATCHES, ids[7]!);
  endRun(ids[7]!, 2, 'failed');
  expect(await candidates(BATCHES, 'failed')).toEqual([ids[100], ids[7]]);
  expect(await segments()).toHaveLength(1);
  endRun(ids[100]!, 2, 'succeeded');
  expect(await candidates(BATCHES, 'succeeded')).toEqual(ids.toReversed());
});

test('a damaged segment loses no resource; a repair corrects it and a dry run changes nothing', async () => {
  const { all, failed } = makeHistory(500);
  await indexResources(store, PREDICTIONS);
  const [first = ''] = await segments();
  writeFileSync(join(root, first), '{"failed": [');
  expect(await candidates(PREDICTIONS, 'failed')).toEqual([
    ...failed.filter((id) => id > all[249]!).reverse(),
    ...all.slice(0, 250).reverse(),
  ]);
  expect(await repairStatusIndex(store, PREDICTIONS, { dryRun: true })).toEqual({ segments: 2, repaired: 1, added: 0 });
  expect(await repairStatusIndex(store, PREDICTIONS)).toEqual({ segments: 2, repaired: 1, added: 0 });
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(failed.toReversed());
  expect(await repairStatusIndex(store, PREDICTIONS)).toEqual({ segments: 2, repaired: 0, added: 0 });
});

test("a record added before the index's end by a slow clock is found after a repair", async () => {
  const { failed } = makeHistory(500);
  await indexResources(store, PREDICTIONS);
  const late = makeRecord(NOW_MS - DAY_MS + 100_500, 'canceled');
  expect(await candidates(PREDICTIONS, 'canceled')).toEqual([]);
  expect(await repairStatusIndex(store, PREDICTIONS)).toMatchObject({ repaired: 1 });
  expect(await candidates(PREDICTIONS, 'canceled')).toEqual([late]);
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(failed.toReversed());
  expect(await segments()).toHaveLength(2);
});

test('a lost index is rebuilt; two concurrent processes build the same index', async () => {
  const { failed } = makeHistory(500);
  await Promise.all([indexResources(store, PREDICTIONS), indexResources(store, PREDICTIONS)]);
  const built = await segments();
  await store.deletePrefix(ObjectKeys.statusIndexFolder('lab', 'predictions'));
  expect(await candidates(PREDICTIONS, 'failed')).toEqual(expect.arrayContaining(failed));
  await repairStatusIndex(store, PREDICTIONS);
  expect(await segments()).toEqual(built);
});

test('segments of deleted resources are removed, except the last segment', async () => {
  const { all } = makeHistory(750);
  await indexResources(store, PREDICTIONS);
  expect(await removeSegmentsBefore(store, PREDICTIONS, all[600]!)).toBe(2);
  expect(await removeSegmentsBefore(store, PREDICTIONS, createId('pred_'))).toBe(0);
  expect(await segments()).toHaveLength(1);
});
