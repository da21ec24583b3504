import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createApiKey, saveApiKeys } from '@cytoqueue/runtime';
import { createObjectStore } from '@cytoqueue/storage';
import { finish, run, upload } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { whilePaused as pauseWorkers } from '../support/paused-workers';
import { BENIGN_RECORD, WISCONSIN, readCsv } from '../support/records';
import { ROOT, type RunningStack, makeDataDir, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

let stack: RunningStack;
let client: ContractClient;
let otherLab: ContractClient;

/** Small shards, so that a file of a few thousand rows has several. */
const SHARD_ROWS = 1_000;

const keysDir = makeDataDir();

beforeAll(async () => {
  const [a, b] = [createApiKey(), createApiKey()];
  const file = join(keysDir, 'keys.json');
  await saveApiKeys(file, {
    tenants: [
      { id: 'lab-a', keys: [{ id: 'k1', sha256: a.sha256, role: 'admin', platform: true }] },
      { id: 'lab-b', keys: [{ id: 'k1', sha256: b.sha256, role: 'member' }] },
    ],
  });
  stack = await startStack({ SHARD_ROWS: String(SHARD_ROWS), WORKER_THREADS: '1', API_KEYS_FILE: file });
  client = await ContractClient.connect(stack.url, a.key);
  otherLab = await ContractClient.connect(stack.url, b.key);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(keysDir, { recursive: true });
}, 120_000);

const whilePaused = <T>(work: () => Promise<T>): Promise<T> => pauseWorkers(stack.dataDir, work);

async function keysBelow(prefix: string): Promise<string[]> {
  const store = createObjectStore(`file://${stack.dataDir}/objects`);
  const { objects } = await store.list({ prefix });
  return objects.map(({ key }) => key);
}

test('a batch of several shards is one file in the input’s order', async () => {
  const { batch, results } = await run(client, HEADER + rows(4_321));
  expect(batch.counts.succeeded).toBe(4_321);
  expect(readCsv(results.text).map(({ id, row }) => `${id} ${row}`)).toEqual(Array.from({ length: 4_321 }, (_, i) => `r${i + 1} ${i + 1}`));
});

test('a canceled batch passes its shards over, writes nothing afterwards, and can be taken up again', async () => {
  const id = await whilePaused(async () => {
    const waiting = await upload(client, HEADER + rows(5_000));
    expect((await client.get(`/v1/batches/${waiting}/results`)).status).toBe(409);
    expect((await client.call('delete', `/v1/batches/${waiting}`)).status).toBe(409);
    const canceling = await client.post(`/v1/batches/${waiting}/cancel`);
    expect([canceling.status, canceling.json.status]).toEqual([202, 'canceling']);
    return waiting;
  });
  const canceled = await finish(client, id);
  expect(canceled.status).toBe('canceled');
  expect((await client.post(`/v1/batches/${id}/cancel`)).status).toBe(409);

  const before = await keysBelow(`tenants/lab-a/batches/${id}/`);
  const shards = before.filter((key) => key.includes('/shards/')).length;
  expect(canceled.counts).toEqual({ total: 5_000, pending: 5_000 - shards * SHARD_ROWS, succeeded: shards * SHARD_ROWS, rejected: 0, failed: 0 });
  const partial = await client.get(`/v1/batches/${id}/results?partial=true`);
  expect(readCsv(partial.text)).toHaveLength(shards * SHARD_ROWS);
  // Whatever came after it is through: nothing of the canceled one is still under way.
  await run(client, HEADER + rows(1));
  expect(await keysBelow(`tenants/lab-a/batches/${id}/`)).toEqual(before);

  expect((await client.post(`/v1/batches/${id}/retry`)).status).toBe(202);
  const retried = await finish(client, id);
  expect(retried.counts).toMatchObject({ total: 5_000, succeeded: 5_000 });
  expect(readCsv((await client.get(`/v1/batches/${id}/results`)).text)).toHaveLength(5_000);
  expect((await client.post(`/v1/batches/${id}/retry`)).status).toBe(409);
});

test('a deleted batch leaves nothing', async () => {
  const { id } = await run(client, HEADER + rows(10));
  expect((await client.call('delete', `/v1/batches/${id}`)).status).toBe(204);
  expect((await client.get(`/v1/batches/${id}`)).status).toBe(404);
  expect(await keysBelow(`tenants/lab-a/batches/${id}/`)).toEqual([]);
});

describe('an Idempotency-Key', () => {
  const headers = (key: string) => ({ 'content-type': 'text/csv', 'idempotency-key': key });

  test('fifty uploads with one key make one batch, another payload is refused', async () => {
    const body = HEADER + rows(50);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.post('/v1/batches', { headers: headers('upload-1'), body })));
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1);
    const id = answers[0]?.json.id;
    await finish(client, id);
    expect((await client.post('/v1/batches', { headers: headers('upload-1'), body })).json.id).toBe(id);
    expect((await client.post('/v1/batches', { headers: headers('upload-1'), body: HEADER + rows(51) })).status).toBe(422);
    expect((await client.post('/v1/batches?formulas=keep', { headers: headers('upload-1'), body })).status).toBe(422);
    const made = (await keysBelow('tenants/lab-a/batches/')).filter((key) => key.endsWith('batch.json') && key > `tenants/lab-a/batches/${id}`);
    expect(made.filter((key) => !key.includes(id))).toEqual([]);
  });

  test('fifty records with one key make one prediction', async () => {
    const send = (json: unknown) => client.post('/v1/predictions', { headers: { 'idempotency-key': 'record 1'.replace(' ', '-'), prefer: 'wait=30' }, json });
    const answers = await Promise.all(Array.from({ length: 50 }, () => send({ features: BENIGN_RECORD })));
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1);
    expect((await send({ features: { ...BENIGN_RECORD, mitoses: 2 } })).status).toBe(422);
    const { json } = await client.get('/v1/predictions?limit=100');
    expect(json.data).toHaveLength(1);
  });

  test('lives as long as its batch', async () => {
    const first = await client.post('/v1/batches', { headers: headers('upload-2'), body: HEADER + rows(3) });
    await finish(client, first.json.id);
    await client.call('delete', `/v1/batches/${first.json.id}`);
    const second = await client.post('/v1/batches', { headers: headers('upload-2'), body: HEADER + rows(3) });
    expect(second.status).toBe(202);
    expect(second.json.id).not.toBe(first.json.id);
    await finish(client, second.json.id);
  });
});

describe('a compressed upload', () => {
  const gzip = { 'content-type': 'text/csv', 'content-encoding': 'gzip' };

  test('gives the same bytes', async () => {
    const plain = await run(client, WISCONSIN);
    const { json } = await client.post('/v1/batches', { headers: gzip, body: gzipSync(WISCONSIN) });
    const packed = await finish(client, json.id);
    expect(packed.input_sha256).toBe(plain.batch.input_sha256);
    expect((await client.get(`/v1/batches/${json.id}/results`)).text).toBe(plain.results.text);
  });

  test('is refused when it is broken or expands too far', async () => {
    expect((await client.post('/v1/batches', { headers: gzip, body: gzipSync(WISCONSIN).subarray(0, 3_000) })).status).toBe(400);
    expect((await client.post('/v1/batches', { headers: gzip, body: WISCONSIN })).status).toBe(400);
    const bomb = gzipSync(HEADER + 'r1,1,1,1,1,1,1,1,1,1\n'.repeat(1_000_000));
    expect((await client.post('/v1/batches', { headers: gzip, body: bomb })).status).toBe(413);
    expect((await client.post('/v1/batches', { headers: { ...gzip, 'content-encoding': 'br' }, body: WISCONSIN })).status).toBe(415);
  });
});

test('a tenant’s one shard does not wait for another’s many', async () => {
  const [many, one] = await whilePaused(async () => [await upload(client, HEADER + rows(60_000)), await upload(otherLab, HEADER + rows(1))] as const);
  await finish(otherLab, one);
  const { json } = await client.get(`/v1/batches/${many}`);
  expect(json.counts.pending).toBeGreaterThan(30_000);
  expect((await otherLab.get(`/v1/batches/${many}`)).status).toBe(404);
  expect((await finish(client, many)).counts.succeeded).toBe(60_000);
});

test('every documented operation answers as documented', async () => {
  const { json: record } = await client.post('/v1/predictions', { headers: { prefer: 'wait=30' }, json: { features: BENIGN_RECORD } });
  const { id } = await run(client, HEADER + rows(2));
  const { json: rescored } = await client.post(`/v1/batches/${id}/rescore?model=wbc-knn-euclidean`);
  await finish(client, rescored.id);
  const paths = [
    '/health/live', '/health/ready', '/v1/models', '/v1/models/wbc-knn', '/v1/models/wbc-knn/versions/1.0.0', '/v1/predictions', '/v1/batches',
    `/v1/predictions/${record.id}`, `/v1/predictions/${record.id}/events`, `/v1/batches/${id}/events`, `/v1/batches/${rescored.id}/changes`,
    '/v1/queue', '/v1/session', '/v1/audit', '/metrics',
    ...['card', 'evaluation', 'plots/roc.svg'].map((part) => `/v1/models/wbc-knn/versions/1.0.0/${part}`),
  ];
  for (const path of paths) expect([path, (await client.get(path)).status]).toEqual([path, 200]);
  expect((await client.post('/v1/models/wbc-knn/champion', { json: { version: '1.0.0' } })).status).toBe(200);
  const { json: signIn } = await client.post('/v1/session/tokens');
  expect((await client.post('/v1/session', { json: { token: signIn.token } })).status).toBe(201);
  expect((await client.call('delete', '/v1/session')).status).toBe(204);
  await whilePaused(async () => {
    const waiting = await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
    expect((await client.post(`/v1/predictions/${waiting.json.id}/cancel`)).status).toBe(200);
  });
  await waitUntil('the deleted batch is seen', async () => (await client.call('delete', `/v1/batches/${id}`)).status === 204);
  expect(client.unseen()).toEqual([]);
});

describe('a dry run', () => {
  const dryRun = (body: string) => client.post('/v1/batches?dry_run=true', { headers: { 'content-type': 'text/csv' }, body });

  test('says what the upload would come to, and stores nothing', async () => {
    const before = await keysBelow('tenants/lab-a/batches/');
    const { status, json } = await dryRun(`ID;Clump;V2;V3;V4;V5;V6;V7;V8;V9;class\r\n${'a;5;1;1;1;2;?;3;1;1;2\r\n'.repeat(2)}b;11;1;1;1;2;1;3;1;1;4\nc;1\n`);
    expect(status).toBe(200);
    expect(json.rows).toEqual({ total: 4, valid: 2, rejected: 2, with_missing_features: 2, repeated: 1 });
    expect(json.rejected_by_code).toEqual({ 'out-of-range': 1, 'column-count': 1 });
    expect(json.errors.map(({ row, code }: { row: number; code: string }) => `${row} ${code}`)).toEqual(['3 out-of-range', '4 column-count']);
    expect(json.dialect).toEqual({ delimiter: ';', line_end: '\r\n', bom: false });
    expect(json.columns[0]).toEqual({ column: 'ID', used_as: 'id' });
    expect(json.columns[1]).toEqual({ column: 'Clump', used_as: 'feature', feature: 'clump_thickness', matched_by: 'alias' });
    expect(json.columns[10]).toEqual({ column: 'class', used_as: 'label' });
    expect(json.missing_by_feature).toMatchObject({ bare_nuclei: 2, mitoses: 0 });
    expect(await keysBelow('tenants/lab-a/batches/')).toEqual(before);
  });

  test('says in words what is odd about the values, as the batch itself does', async () => {
    const stuck = HEADER + Array.from({ length: 300 }, (_, i) => `r${i},3,${1 + (i % 2)},1,1,2,1,${1 + (i % 3)},1,1\n`).join('');
    const { json } = await dryRun(stuck);
    expect(json.drift.notes).toContainEqual(expect.objectContaining({ code: 'constant', features: ['clump_thickness'] }));
    expect(json.eta_seconds).toBe(1);
    const { batch } = await run(client, stuck);
    expect(batch.summary.drift).toEqual(json.drift);
  });

  test('refuses what the upload itself would be refused for, and knows the other Wisconsin data', async () => {
    const header = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv'), 'utf8').split('\n')[0];
    const { status, json } = await dryRun(`${header}\n1\n`);
    expect(status).toBe(422);
    expect(json.detail).toContain('model=wdbc-knn');
    expect((await dryRun('')).status).toBe(422);
  });
});
