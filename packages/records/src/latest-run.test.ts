import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sumShardCounts, deletePending, isPending, readLatestRun } from './batch-objects';
import { openStore, type ObjectStore } from '@cytoqueue/storage';
import { ObjectKeys } from './object-keys';
import { encodeShardObject } from './shard-object';

let store: ObjectStore;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'batch-objects-'));
  store = openStore(`file://${dir}`);
  await store.start();
});

afterAll(async () => {
  await store.stop();
  await rm(dir, { recursive: true });
});

const nothing = Buffer.alloc(0);

test('the latest run is found among more objects than a listing page holds', async () => {
  const runs = 1_100;
  const names = ['run.json', 'results.csv'];
  for (let first = 1; first <= runs; first += 100) {
    const some = Array.from({ length: 100 }, (_, i) => first + i).flatMap((run) =>
      names.map((name) => `${ObjectKeys.runFolder('t', 'b', run)}${name}`),
    );
    await Promise.all(some.map((key) => store.put(key, nothing)));
  }
  const { run, objects } = await readLatestRun(store, 't', 'b');
  expect(run).toBe(runs);
  expect(objects.map(({ key }) => key)).toEqual(
    [...names].sort().map((name) => `${ObjectKeys.runFolder('t', 'b', runs)}${name}`),
  );
});

test('a batch without run objects is in run 1, and only objects of the latest run are returned', async () => {
  expect(await readLatestRun(store, 't', 'none')).toEqual({ run: 1, objects: [] });
  await store.put(ObjectKeys.runManifest('t', 'two', 1), nothing);
  await store.put(ObjectKeys.runDocument('t', 'two', 2), nothing);
  const { run, objects } = await readLatestRun(store, 't', 'two');
  expect([run, objects.map(({ key }) => key)]).toEqual([2, [ObjectKeys.runDocument('t', 'two', 2)]]);
});

test('a batch is pending while any run has a marker, and deletePending deletes all of them', async () => {
  expect(await isPending(store, 't', 'x')).toBe(false);
  await store.put(ObjectKeys.pending('t', 'x', 3), nothing);
  expect([await isPending(store, 't', 'x'), await isPending(store, 't', 'xy')]).toEqual([true, false]);
  await store.put(ObjectKeys.pending('t', 'x'), nothing);
  await deletePending(store, 't', 'x');
  expect(await isPending(store, 't', 'x')).toBe(false);
});

test('a damaged shard object is not counted, the others are', async () => {
  const counts = {
    succeeded: 2,
    rejected: 0,
    benign: 2,
    malignant: 0,
    indeterminate: 0,
    missing_features: 0,
    confident_benign: 2,
    confident_malignant: 0,
    changed: 0,
  };
  const whole = encodeShardObject({
    counts,
    histogram: [],
    results: Buffer.from('x'),
    errors: nothing,
    changes: nothing,
  });
  const damaged = [nothing, whole.subarray(0, 20), Buffer.alloc(whole.length)];
  await Promise.all(
    [whole, ...damaged].map((bytes, shard) => store.put(ObjectKeys.shard('t', 'b', shard, 'm@1'), bytes)),
  );
  expect(await sumShardCounts(store, 't', 'b')).toMatchObject({ succeeded: 2, shards: 1 });
});
