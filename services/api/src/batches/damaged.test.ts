import { createHash } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ManifestDocument,
  ObjectKeys,
  emptyCounts,
  encodeShardObject,
  putDocument,
  sealDocument,
} from '@cytoqueue/records';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';
import { batch as batchSchema, prediction as predictionSchema } from '../http/response-schemas';

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
    json: (await response.json()) as Record<string, unknown> & { data: Record<string, unknown>[] },
  };
};
const send = async (method: string, path: string) => {
  const response = await api.fetch(path, { method });
  return { status: response.status, type: ((await response.json().catch(() => ({}))) as { type?: string }).type };
};

async function upload(): Promise<string> {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW.repeat(3),
  });
  return ((await response.json()) as { id: string }).id;
}

/** The manifest that a worker would have left. */
async function end(id: string, run = 1, change: Partial<ManifestDocument> = {}): Promise<void> {
  const manifest: ManifestDocument = {
    run,
    status: 'failed',
    counts: { total: 3, pending: 0, succeeded: 0, rejected: 0, failed: 3 },
    summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
    failed_shards: [0],
    ...change,
  };
  await api.store.put(ObjectKeys.runManifest(api.tenant, id, run), Buffer.from(JSON.stringify(manifest)));
}

const digestOf = (text: string) => ({
  bytes: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});
const alarms = (id: string) => api.logged.filter((line) => 'alarm' in line && JSON.stringify(line).includes(id));
const DAMAGED = 'urn:cytoqueue:problem:object-damaged';

describe.each([
  ['truncated', Buffer.from('{"id":"batc')],
  ['empty', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(300)],
  ['without members', Buffer.from('{}')],
])('%s', (_, bytes) => {
  test('a batch with a damaged `batch.json` is shown as failed, listed with the others, and can be deleted', async () => {
    const [id, other] = [await upload(), await upload()];
    await api.store.put(ObjectKeys.batchDocument(api.tenant, id), bytes);
    const one = await get(`/v1/batches/${id}`);
    expect(one).toMatchObject({ status: 200, json: { id, status: 'failed', error: { code: 'object-damaged' } } });
    expect(batchSchema.safeParse(one.json).success).toBe(true);
    const list = await get('/v1/batches');
    expect(list.status).toBe(200);
    expect(list.json.data.map((item) => [item['id'], item['status']])).toEqual(
      expect.arrayContaining([
        [id, 'failed'],
        [other, 'queued'],
      ]),
    );
    expect(await send('GET', `/v1/batches/${id}/results`)).toEqual({ status: 409, type: DAMAGED });
    expect(await send('POST', `/v1/batches/${id}/retry`)).toEqual({ status: 409, type: DAMAGED });
    expect(alarms(id).length).toBeGreaterThan(0);
    expect((await send('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect((await get(`/v1/batches/${id}`)).status).toBe(404);
    expect(await api.store.head(ObjectKeys.pending(api.tenant, id))).toBeUndefined();
  });

  test('a batch with a damaged manifest is shown as failed, and a retry writes its files again', async () => {
    const id = await upload();
    await api.store.put(ObjectKeys.runManifest(api.tenant, id, 1), bytes);
    const one = await get(`/v1/batches/${id}`);
    expect(one).toMatchObject({
      status: 200,
      json: { id, status: 'failed', error: { code: 'object-damaged' }, counts: { total: 3, failed: 3 } },
    });
    expect(batchSchema.safeParse(one.json).success).toBe(true);
    expect((await get('/v1/batches')).status).toBe(200);
    for (const file of ['results', 'errors'])
      expect(await send('GET', `/v1/batches/${id}/${file}`)).toEqual({ status: 409, type: DAMAGED });
    expect((await send('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
    expect(await api.store.head(ObjectKeys.pending(api.tenant, id, 2))).toBeDefined();
    expect((await get(`/v1/batches/${id}`)).json['error']).toBeUndefined();
  });

  test('a batch with a damaged run document continues', async () => {
    const id = await upload();
    await end(id);
    expect((await send('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
    await api.store.put(ObjectKeys.runDocument(api.tenant, id, 2), bytes);
    expect((await get(`/v1/batches/${id}`)).json).toMatchObject({ status: 'queued', counts: { total: 3 } });
    await end(id, 2, { status: 'succeeded' });
    expect((await get(`/v1/batches/${id}`)).json).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    ['request', ObjectKeys.predictionRequest.bind(ObjectKeys)],
    ['result', ObjectKeys.predictionCompletion.bind(ObjectKeys)],
  ])('a record whose %s is damaged is shown as failed, and listed with the others', async (_part, keyOf) => {
    const [id, other] = [await api.predict(RECORD), await api.predict(RECORD)];
    await api.store.put(keyOf(api.tenant, id), bytes);
    const one = await get(`/v1/predictions/${id}`);
    expect(one).toMatchObject({ status: 200, json: { id, status: 'failed', error: { code: 'object-damaged' } } });
    expect(predictionSchema.safeParse(one.json).success).toBe(true);
    const list = await get('/v1/predictions');
    expect(list.status).toBe(200);
    expect(list.json.data.map((item) => [item['id'], item['status']])).toEqual(
      expect.arrayContaining([
        [id, 'failed'],
        [other, 'queued'],
      ]),
    );
  });

  test('a damaged idempotency document refuses its key with the reason and leaves nothing behind', async () => {
    const headers = { 'content-type': 'text/csv', 'idempotency-key': `key-${bytes.length}` };
    const post = () => api.fetch('/v1/batches', { method: 'POST', headers, body: HEADER + ROW });
    await post();
    const { objects } = await api.store.list({ prefix: ObjectKeys.idempotencyFolder(api.tenant) });
    for (const { key } of objects) await api.store.put(key, bytes);
    const before = await api.files();
    const refused = await post();
    expect([refused.status, ((await refused.json()) as { type: string }).type]).toEqual([409, DAMAGED]);
    expect(await api.files()).toEqual(before);
    for (const { key } of objects) await api.store.delete(key);
  });
});

test('a damaged line of the audit log is listed as such, between the others', async () => {
  await upload();
  await api.audit.flush();
  const { objects } = await api.store.list({ prefix: ObjectKeys.auditFolder(api.tenant) });
  const [first] = objects;
  const lines = (await api.store.get(first?.key as string)).toString();
  await api.store.put(first?.key as string, Buffer.from(`{"at":"2026-\n${lines}`));
  const response = await api.fetch('/v1/audit?limit=100', { role: 'admin' });
  const { data } = (await response.json()) as { data: { action: string }[] };
  expect(response.status).toBe(200);
  expect(data.map(({ action }) => action)).toEqual(expect.arrayContaining(['audit.damaged', 'batch.create']));
});

test('a run that ended without files is finalized again, although every shard is scored', async () => {
  const id = await upload();
  const counts = {
    succeeded: 3,
    rejected: 0,
    benign: 3,
    malignant: 0,
    indeterminate: 0,
    missing_features: 0,
    confident_benign: 3,
    confident_malignant: 0,
    changed: 0,
  };
  const nothing = new Uint8Array();
  await api.store.put(
    ObjectKeys.shard(api.tenant, id, 0, 'wbc-knn@1.0.0'),
    encodeShardObject({ counts, histogram: [], results: nothing, errors: nothing, changes: nothing }),
  );
  await end(id, 1);
  expect((await send('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
  await api.store.put(ObjectKeys.runResults(api.tenant, id, 2), Buffer.from(ROW));
  await end(id, 2, { status: 'succeeded', failed_shards: [], results: digestOf(ROW) });
  expect(await send('POST', `/v1/batches/${id}/retry`)).toEqual({
    status: 409,
    type: 'urn:cytoqueue:problem:nothing-to-retry',
  });
});

test.each([
  ['missing', (key: string) => api.store.delete(key)],
  ['shorter', (key: string) => api.store.put(key, Buffer.from(ROW.slice(1)))],
  ['other bytes', (key: string) => api.store.put(key, Buffer.from(ROW.replace('1', '2')))],
  ['unreadable', async (key: string) => replaceByLinkLoop(api.store.url, key)],
])(
  'results of a finished batch that are %s: the answer says to retry, and the retry writes them again',
  async (_, damage) => {
    const id = await upload();
    const counts = {
      succeeded: 3,
      rejected: 0,
      benign: 3,
      malignant: 0,
      indeterminate: 0,
      missing_features: 0,
      confident_benign: 3,
      confident_malignant: 0,
      changed: 0,
    };
    const nothing = new Uint8Array();
    await api.store.put(
      ObjectKeys.shard(api.tenant, id, 0, 'wbc-knn@1.0.0'),
      encodeShardObject({ counts, histogram: [], results: nothing, errors: nothing, changes: nothing }),
    );
    const key = ObjectKeys.runResults(api.tenant, id, 1);
    await api.store.put(key, Buffer.from(ROW));
    await end(id, 1, { status: 'succeeded', failed_shards: [], results: digestOf(ROW) });
    expect(await send('POST', `/v1/batches/${id}/retry`)).toEqual({
      status: 409,
      type: 'urn:cytoqueue:problem:nothing-to-retry',
    });
    await damage(key);
    expect((await send('GET', `/v1/batches/${id}/results`)).type).toMatch(/object-(damaged|unreadable)$/);
    expect((await send('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
    expect(await api.store.head(ObjectKeys.pending(api.tenant, id, 2))).toBeDefined();
  },
);

describe('results of a finished batch that consist of the shards’ objects', () => {
  const HEADER_ROW = 'a,b\n';
  const shard = (id: string) => ObjectKeys.shard(api.tenant, id, 0, 'wbc-knn@1.1.0');
  const list = (id: string) => ObjectKeys.runResultParts(api.tenant, id, 1);

  async function finished(): Promise<string> {
    const id = await upload();
    const counts = { ...emptyCounts(), succeeded: 3, benign: 3, confident_benign: 3 };
    const nothing = new Uint8Array();
    await api.store.put(
      shard(id),
      encodeShardObject({ counts, histogram: [], results: Buffer.from(ROW), errors: nothing, changes: nothing }),
    );
    await putDocument(api.store, list(id), {
      header: Buffer.from(HEADER_ROW).toString('base64'),
      shards: [ROW.length],
    });
    await end(id, 1, {
      status: 'succeeded',
      failed_shards: [],
      results: { ...digestOf(HEADER_ROW + ROW), composed: true },
    });
    return id;
  }

  test.each<[string, number, string]>([
    ['bytes=0-1', 206, HEADER_ROW.slice(0, 2)],
    ['bytes=2-6', 206, (HEADER_ROW + ROW).slice(2, 7)],
    ['bytes=-3', 206, ROW.slice(-3)],
    ['bytes=0-', 206, HEADER_ROW + ROW],
    ['bytes=0-1,3-4', 200, HEADER_ROW + ROW],
  ])('are downloaded as one file, with the range %s', async (range, status, text) => {
    const response = await api.fetch(`/v1/batches/${await finished()}/results`, { headers: { range } });
    expect([response.status, await response.text()]).toEqual([status, text]);
  });

  test('are sent by the API in a bucket, too, where the objects of a file store were copied to', async () => {
    // Stands for a bucket, because this test has a file store, which has no URLs.
    const presigning = jest
      .spyOn(api.store, 'presignGet')
      .mockResolvedValue('https://bucket.example/results.csv' as never);
    const response = await api.fetch(`/v1/batches/${await finished()}/results?redirect=true`);
    presigning.mockRestore();
    expect([response.status, await response.text()]).toEqual([200, HEADER_ROW + ROW]);
  });

  test('are converted as one file', async () => {
    const response = await api.fetch(`/v1/batches/${await finished()}/results?format=jsonl`);
    const [first] = ROW.split(',');
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(`"${first}"`)]);
  });

  const change = async (key: string, how: (bytes: Buffer) => Buffer) =>
    api.store.put(key, how(await api.store.get(key)));

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['a shard that is missing', (id) => api.store.delete(shard(id))],
    ['a shard that is shorter', (id) => change(shard(id), (bytes) => bytes.subarray(0, -1))],
    [
      'a shard with another byte',
      (id) => change(shard(id), (bytes) => bytes.fill('9', bytes.length - 2, bytes.length - 1)),
    ],
    ['no list of parts', (id) => api.store.delete(list(id))],
    ['a damaged list of parts', (id) => api.store.put(list(id), Buffer.from('{"header":"'))],
  ])('%s: the answer says to retry, and a retry is accepted', async (_, damage) => {
    const id = await finished();
    expect((await send('POST', `/v1/batches/${id}/retry`)).type).toBe('urn:cytoqueue:problem:nothing-to-retry');
    await damage(id);
    expect(await send('GET', `/v1/batches/${id}/results`)).toEqual({ status: 409, type: DAMAGED });
    expect(alarms(id)).toHaveLength(1);
    expect((await send('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
  });

  test('are deleted with the batch', async () => {
    const id = await finished();
    expect((await send('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect((await api.store.list({ prefix: ObjectKeys.batchFolder(api.tenant, id) })).objects).toEqual([]);
  });
});

test('a retry’s run without a marker, as earlier releases could leave it, is shown and can be canceled', async () => {
  const id = await upload();
  await end(id);
  await api.store.put(
    ObjectKeys.runDocument(api.tenant, id, 2),
    Buffer.from(
      JSON.stringify({
        run: 2,
        opened_at: new Date().toISOString(),
        kept: {
          counts: { succeeded: 0, rejected: 0 },
          summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
          shards: 0,
        },
      }),
    ),
  );
  await api.commands.flushall();
  expect(await get(`/v1/batches/${id}`)).toMatchObject({ status: 200, json: { status: 'queued' } });
  expect((await send('POST', `/v1/batches/${id}/cancel`)).status).toBe(202);
  expect(await api.store.head(ObjectKeys.pending(api.tenant, id, 2))).toBeDefined();
});

test('a document that has grown beyond measure is damaged, and is not read into memory', async () => {
  const [id, record] = [await upload(), await api.predict(RECORD)];
  await api.storeJournal();
  for (const key of [ObjectKeys.batchDocument(api.tenant, id), ObjectKeys.predictionRequest(api.tenant, record)])
    await truncate(join(fileURLToPath(api.store.url), key), 2 ** 33);
  for (const path of [`/v1/batches/${id}`, `/v1/predictions/${record}`])
    expect(await get(path)).toMatchObject({
      status: 200,
      json: { status: 'failed', error: { code: 'object-damaged' } },
    });
  expect([(await get('/v1/batches')).status, (await get('/v1/predictions')).status]).toEqual([200, 200]);
  expect((await get(`/v1/batches/${id}/rows`)).status).toBe(409);
});

test('a batch that has lost its manifest is finalized again instead of never ending', async () => {
  const markerOf = (id: string) => api.store.head(ObjectKeys.pending(api.tenant, id));
  const lose = async () => {
    const id = await upload();
    await api.store.put(ObjectKeys.runFailedShards(api.tenant, id, 1), Buffer.from('[]'));
    await api.store.delete(ObjectKeys.pending(api.tenant, id));
    return id;
  };
  const [retried, deleted, canceled, read] = [await lose(), await lose(), await lose(), await lose()];
  expect((await send('POST', `/v1/batches/${retried}/retry`)).status).toBe(409);
  expect((await send('DELETE', `/v1/batches/${deleted}`)).status).toBe(409);
  expect((await send('POST', `/v1/batches/${canceled}/cancel`)).status).toBe(202);
  await api.commands.flushall();
  expect((await get(`/v1/batches/${read}`)).status).toBe(200);
  for (const id of [retried, deleted, canceled, read]) expect(await markerOf(id)).toBeDefined();
  const rolledBack = await upload();
  await api.store.delete(ObjectKeys.pending(api.tenant, rolledBack));
  expect([(await get(`/v1/batches/${rolledBack}`)).status, await markerOf(rolledBack)]).toEqual([200, undefined]);
  await api.commands.flushall();
  expect([(await get(`/v1/batches/${rolledBack}`)).status, await markerOf(rolledBack)]).toEqual([404, undefined]);
});

test('an intact document of another record or batch is damage, not an answer', async () => {
  const [id, other] = [await upload(), await upload()];
  const [record, otherRecord] = [await api.predict(RECORD), await api.predict(RECORD)];
  const copy = async (from: string, to: string) => api.store.put(to, await api.store.get(from));
  await copy(ObjectKeys.batchDocument(api.tenant, other), ObjectKeys.batchDocument(api.tenant, id));
  await copy(ObjectKeys.predictionRequest(api.tenant, otherRecord), ObjectKeys.predictionRequest(api.tenant, record));
  for (const path of [`/v1/batches/${id}`, `/v1/predictions/${record}`])
    expect(await get(path)).toMatchObject({
      status: 200,
      json: { status: 'failed', error: { code: 'object-damaged' } },
    });
  const scored = await api.predict(RECORD);
  const result = (owner: string) =>
    sealDocument({ status: 'succeeded', format: 2, id: owner, result: { outcome: 'confident' } });
  const resultKey = ObjectKeys.predictionCompletion(api.tenant, scored);
  await api.store.put(resultKey, result(scored));
  expect((await get(`/v1/predictions/${scored}`)).json['status']).toBe('succeeded');
  await api.store.put(resultKey, result(otherRecord));
  expect((await get(`/v1/predictions/${scored}`)).json).toMatchObject({ error: { code: 'object-damaged' } });
});
