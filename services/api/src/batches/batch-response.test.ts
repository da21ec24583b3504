import { ObjectKeys, createId } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, ROW, RunningApi } from '../../test/running-api';
import { etaSeconds } from './batch-response';

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

const get = async (path: string) => {
  const response = await api.fetch(path);
  return {
    status: response.status,
    body: (await response.json()) as { status?: string; summary?: object; data?: { id: string }[] },
  };
};
const listed = async () => (await get('/v1/batches')).body.data?.map(({ id }) => id);

async function upload(): Promise<string> {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW,
  });
  return ((await response.json()) as { id: string }).id;
}

/** Creates the objects of an upload whose process crashed between storing `batch.json` and its pending marker. */
async function cutShort(): Promise<string> {
  const accepted = await upload();
  const id = createId('batch_');
  const record = JSON.parse((await api.store.get(ObjectKeys.batchDocument(api.tenant, accepted))).toString()) as object;
  await api.store.put(ObjectKeys.batchInput(api.tenant, id), Buffer.from(HEADER + ROW));
  await api.store.put(ObjectKeys.batchDocument(api.tenant, id), Buffer.from(JSON.stringify({ ...record, id })));
  return id;
}

test('an upload that crashed before its pending marker was never accepted and is not shown', async () => {
  const id = await cutShort();
  expect((await get(`/v1/batches/${id}`)).status).toBe(404);
  expect(await listed()).not.toContain(id);
});

test('a batch with a marker is shown even if Redis has lost it', async () => {
  const id = await cutShort();
  await api.store.put(ObjectKeys.pending(api.tenant, id), Buffer.alloc(0));
  expect((await get(`/v1/batches/${id}`)).body.status).toBe('queued');
  expect(await listed()).toContain(id);
});

test('a finished batch is shown without a marker', async () => {
  const id = await cutShort();
  const manifest = {
    run: 1,
    status: 'succeeded',
    counts: { total: 1, pending: 0, succeeded: 1, rejected: 0, failed: 0 },
    failed_shards: [],
  };
  const summary = { benign: 1, malignant: 0, indeterminate: 0, missing_features: 0 };
  await api.store.put(ObjectKeys.runManifest(api.tenant, id, 1), Buffer.from(JSON.stringify({ ...manifest, summary })));
  const { body } = await get(`/v1/batches/${id}`);
  expect(body.status).toBe('succeeded');
  expect(body.summary).not.toHaveProperty('probability_histogram');
});

test.each([
  ['nothing is scored yet', 30_000, 0, 20, null],
  ['a third is scored after half a minute', 30_000, 10, 20, 60],
  ['the rest takes less than half a second', 30_000, 10_000, 100, 0],
  ['the clock was set back', -3_600_000, 10, 20, 0],
])('the remaining time is in seconds: %s', (_, elapsedMs, done, pending, expected) => {
  const openedMs = Date.parse('2026-01-02T03:04:05.000Z');
  expect(etaSeconds(new Date(openedMs).toISOString(), done, pending, openedMs + elapsedMs)).toBe(expected);
});
