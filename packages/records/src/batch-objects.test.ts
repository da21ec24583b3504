import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ObjectKeys,
  type ShardCounts,
  sumShardCounts,
  createId,
  emptyCounts,
  encodeShardObject,
  readLatestRun,
  listScoredShards,
  listUnscoredShards,
} from './index';
import { type ObjectStore, openStore } from '@cytoqueue/storage';

const TENANT = 'lab';
const NOTHING = Buffer.alloc(0);

let dir: string;
let store: ObjectStore;
let batch: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'batch-objects-'));
  store = openStore(pathToFileURL(dir).href);
  await store.start();
  batch = createId('batch_');
});

afterEach(() => rm(dir, { recursive: true }));

async function putShard(shard: number, counts: Partial<ShardCounts> = {}, results = NOTHING): Promise<void> {
  const object = encodeShardObject({
    counts: { ...emptyCounts(), ...counts },
    histogram: [],
    results,
    errors: NOTHING,
    changes: NOTHING,
  });
  await store.put(ObjectKeys.shard(TENANT, batch, shard, 'wbc-knn@1.0.0'), object);
}

test('a batch without objects is in run 1', async () => {
  expect(await readLatestRun(store, TENANT, batch)).toEqual({ run: 1, objects: [] });
  expect(await listScoredShards(store, TENANT, batch)).toEqual(new Set());
  expect(await sumShardCounts(store, TENANT, batch)).toEqual({ ...emptyCounts(), shards: 0, scored: new Set() });
});

test('the latest run has the largest number (10 after 9), with its own objects only', async () => {
  const manifests = [1, 2, 9, 10].map((run) => ObjectKeys.runManifest(TENANT, batch, run));
  for (const key of manifests) await store.put(key, Buffer.from('{}'));
  const { run, objects } = await readLatestRun(store, TENANT, batch);
  expect(run).toBe(10);
  expect(objects.map(({ key }) => key)).toEqual(manifests.slice(-1));
});

test('unscored shards are those without an object', async () => {
  const shards = [5, 6, 7, 8].map((rows) => ({ rows }));
  for (const shard of [0, 2]) await putShard(shard);
  await store.put(`${ObjectKeys.shardsFolder(TENANT, batch)}note.txt`, NOTHING);
  expect(await listScoredShards(store, TENANT, batch)).toEqual(new Set([0, 2]));
  expect(await listUnscoredShards(store, TENANT, { id: batch, shards })).toEqual([
    { shard: 1, rows: 6 },
    { shard: 3, rows: 8 },
  ]);
});

test("shard counts are summed from the objects' first bytes, for more shards than one round of reads", async () => {
  const count = 40;
  const sum = (count * (count - 1)) / 2;
  for (let shard = 0; shard < count; shard++) {
    await putShard(
      shard,
      { succeeded: shard + 2, benign: 2, malignant: shard, confident_benign: shard + 2, rejected: 1, changed: 2 },
      Buffer.alloc(shard % 2 === 0 ? 0 : 10_000, 'x'),
    );
  }
  await putOtherBatch();
  expect(await sumShardCounts(store, TENANT, batch)).toEqual({
    ...emptyCounts(),
    succeeded: sum + 2 * count,
    benign: 2 * count,
    malignant: sum,
    confident_benign: sum + 2 * count,
    rejected: count,
    changed: 2 * count,
    shards: count,
    scored: new Set(Array.from({ length: count }, (_, shard) => shard)),
  });
});

async function putOtherBatch(): Promise<void> {
  const mine = batch;
  batch = createId('batch_');
  await putShard(0, { succeeded: 1_000, benign: 1_000, confident_benign: 1_000 });
  batch = mine;
}
