import { createHash } from 'node:crypto';
import {
  type BatchDocument,
  ObjectKeys,
  type RunDocument,
  createId,
  emptyCounts,
  encodeShardObject,
  unsealDocument,
} from '@cytoqueue/records';
import { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const BATCH = createId('batch_');
const MODEL = { name: 'wbc-knn', version: '1.0.0', digest: 'sha256:0' };
const NOTHING = Buffer.alloc(0);

async function get(): Promise<{ status: string; counts: Record<string, number>; summary: Record<string, number> }> {
  return (await (await api.fetch(`/v1/batches/${BATCH}`)).json()) as never;
}

const CANCELED = {
  run: 1,
  status: 'canceled',
  failed_shards: [],
  counts: { total: 30, pending: 30, succeeded: 0, rejected: 0, failed: 0 },
  summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
};

/** A batch of three shards of ten rows. By default it was canceled before any of them was scored. */
async function finished(manifest: object = CANCELED): Promise<void> {
  const shards = [0, 1, 2].map((shard) => ({ offset: 10 + shard, length: 1, firstRow: 1 + 10 * shard, rows: 10 }));
  const input = {
    bytes: 13,
    sha256: '',
    dialect: { delimiter: ',', lineEnd: '\n', bom: false },
    columns: [],
    header_bytes: 10,
  } as const;
  const record: BatchDocument = {
    id: BATCH,
    created_at: new Date().toISOString(),
    filename: null,
    model: MODEL,
    rows: 30,
    shards,
    input: { ...input, columns: [] },
    options: {
      on_error: 'continue',
      formulas: 'escape',
      operating_point: 'default',
      missing: 'partial',
      explain: false,
    },
  };
  await api.store.put(ObjectKeys.batchDocument(api.tenant, BATCH), Buffer.from(JSON.stringify(record)));
  await api.store.put(ObjectKeys.runManifest(api.tenant, BATCH, 1), Buffer.from(JSON.stringify(manifest)));
}

const putShard = (shard: number, bytes: Buffer) =>
  api.store.put(ObjectKeys.shard(api.tenant, BATCH, shard, 'wbc-knn@1.0.0'), bytes);

test('a retry keeps and counts the shards that are stored, also those stored after the manifest, and scores damaged ones again', async () => {
  await finished();
  const counts = {
    ...emptyCounts(),
    succeeded: 9,
    rejected: 1,
    benign: 5,
    malignant: 4,
    indeterminate: 2,
    missing_features: 3,
    confident_benign: 4,
    confident_malignant: 3,
  };
  const whole = encodeShardObject({ counts, histogram: [], results: NOTHING, errors: NOTHING, changes: NOTHING });
  await putShard(0, whole);
  await putShard(1, Buffer.from(whole).fill(0, 20, 30));
  expect((await api.fetch(`/v1/batches/${BATCH}/retry`, { method: 'POST' })).status).toBe(202);
  const key = ObjectKeys.runDocument(api.tenant, BATCH, 2);
  const { kept } = unsealDocument<RunDocument>(key, await api.store.get(key));
  const confident = { confident_benign: 4, confident_malignant: 3 };
  const summary = { benign: 5, malignant: 4, indeterminate: 2, missing_features: 3, ...confident };
  expect(kept).toEqual({ shards: 1, counts: { succeeded: 9, rejected: 1 }, summary });
  const live = await get();
  expect([live.counts, live.summary]).toEqual([
    { total: 30, pending: 20, succeeded: 9, rejected: 1, failed: 0 },
    { ...summary, classes: { benign: 5, malignant: 4 }, confident: { benign: 4, malignant: 3 } },
  ]);
  // The same when Redis has forgotten the run, and counts are taken from the store.
  const connection = new Redis(redis.url);
  await connection.flushall();
  connection.disconnect();
  expect((await get()).counts).toEqual(live.counts);
});

test('a run is finalized again if its files lack the rows of a shard that was scored after them', async () => {
  const results = Buffer.from('id\n1\n');
  const digest = { bytes: results.length, sha256: createHash('sha256').update(results).digest('hex') };
  const counts = { ...emptyCounts(), succeeded: 10, benign: 10, confident_benign: 10 };
  const whole = encodeShardObject({ counts, histogram: [], results: NOTHING, errors: NOTHING, changes: NOTHING });
  const retryOf = async (failed_shards: number[]): Promise<number> => {
    await api.store.deletePrefix(`tenants/${api.tenant}/`);
    await finished({ ...CANCELED, status: 'completed_with_errors', failed_shards, results: digest });
    for (const shard of [0, 1, 2]) await putShard(shard, whole);
    await api.store.put(ObjectKeys.runResults(api.tenant, BATCH, 1), results);
    return (await api.fetch(`/v1/batches/${BATCH}/retry`, { method: 'POST' })).status;
  };
  expect([await retryOf([]), await retryOf([1])]).toEqual([409, 202]);
});
