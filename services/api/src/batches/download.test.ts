import { createHash } from 'node:crypto';
import { type ManifestDocument, ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, ROW, RunningApi } from '../../test/running-api';

const RESULTS = Buffer.from('a,b\n1,2\n');
const DIGEST = { bytes: RESULTS.length, sha256: createHash('sha256').update(RESULTS).digest('hex') };

let redis: RedisProcess;
let api: RunningApi;
let running: string;
let finished: string;

async function upload(): Promise<string> {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW,
  });
  return ((await response.json()) as { id: string }).id;
}

function manifestOf(rows: number): Buffer {
  const manifest: ManifestDocument = {
    run: 1,
    status: 'succeeded',
    counts: { total: rows, pending: 0, succeeded: rows, rejected: 0, failed: 0 },
    summary: { benign: rows, malignant: 0, indeterminate: 0, missing_features: 0 },
    failed_shards: [],
    results: DIGEST,
    errors: DIGEST,
  };
  return Buffer.from(JSON.stringify(manifest));
}

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  running = await upload();
  finished = await upload();
  await api.store.putOnce(ObjectKeys.runResults(api.tenant, finished, 1), RESULTS);
  await api.store.putOnce(ObjectKeys.runManifest(api.tenant, finished, 1), manifestOf(1));
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

test.each<[string, Record<string, string>]>([
  ['a range', { range: 'bytes=0-1' }],
  ['a range that lies outside', { range: 'bytes=100-200' }],
  ['several ranges', { range: 'bytes=0-1,3-4' }],
  ['a conditional range', { range: 'bytes=0-1', 'if-range': `"${DIGEST.sha256}"` }],
])('HEAD ignores the header %s, because Range is defined for GET only', async (_, headers) => {
  const response = await api.fetch(`/v1/batches/${finished}/results`, { method: 'HEAD', headers });
  expect([response.status, response.headers.get('content-length'), response.headers.get('content-range')]).toEqual([
    200,
    String(RESULTS.length),
    null,
  ]);
});

test('GET with a range returns that range', async () => {
  const response = await api.fetch(`/v1/batches/${finished}/results`, { headers: { range: 'bytes=0-1' } });
  expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
    206,
    `bytes 0-1/${RESULTS.length}`,
    'a,',
  ]);
});

test.each<[string, string, number, string]>([
  ['the file that the client has', `"${DIGEST.sha256}"`, 304, ''],
  ['another file', '"another"', 200, RESULTS.toString()],
])('GET sends the results unless If-None-Match names them: %s', async (_, tag, status, text) => {
  const response = await api.fetch(`/v1/batches/${finished}/results`, { headers: { 'if-none-match': tag } });
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
    status,
    `"${DIGEST.sha256}"`,
    text,
  ]);
});

test('more rows than a sheet holds are refused as a workbook before the first byte, and sent in other formats', async () => {
  const id = await upload();
  const total = 1_048_576;
  await api.store.putOnce(ObjectKeys.runResults(api.tenant, id, 1), RESULTS);
  await api.store.putOnce(ObjectKeys.runManifest(api.tenant, id, 1), manifestOf(total));
  const refused = await api.fetch(`/v1/batches/${id}/results?format=xlsx`);
  expect([refused.status, refused.headers.get('content-type'), await refused.text()]).toEqual([
    422,
    'application/problem+json; charset=utf-8',
    expect.stringContaining('too-many-rows'),
  ]);
  expect((await api.fetch(`/v1/batches/${id}/results?format=jsonl`)).status).toBe(200);
});

test.each(['results', 'errors'])(
  'the partial %s of a batch whose input is gone are answered with 410',
  async (file) => {
    const partial = await api.fetch(`/v1/batches/${running}/${file}?partial=true`);
    expect([partial.status, (await partial.text()).split(',')[0]]).toEqual([200, HEADER.split(',')[0]]);
    const input = await api.store.get(ObjectKeys.batchInput(api.tenant, running));
    await api.store.delete(ObjectKeys.batchInput(api.tenant, running));
    try {
      const gone = await api.fetch(`/v1/batches/${running}/${file}?partial=true`);
      expect([gone.status, gone.headers.get('content-type'), gone.headers.get('content-disposition')]).toEqual([
        410,
        'application/problem+json; charset=utf-8',
        null,
      ]);
    } finally {
      await api.store.put(ObjectKeys.batchInput(api.tenant, running), input);
    }
  },
);

test('HEAD of partial results reads no shard', async () => {
  const response = await api.fetch(`/v1/batches/${running}/results?partial=true`, { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});
