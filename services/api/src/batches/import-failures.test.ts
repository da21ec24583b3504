import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { StoreUnavailableError } from '@cytoqueue/storage';
import { HEADER, ROW } from '../../../../test/src/support/csv-rows';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningApi } from '../../test/running-api';

const MAX_UPLOAD_BYTES = 512 * 1024;
/** A blank row makes the file one that must be imported. */
const ODD = `${HEADER}${ROW},,,,,,,,,\n${ROW}`;

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

beforeEach(async () => {
  api = await RunningApi.start(redis.url, MAX_UPLOAD_BYTES);
  await api.commands.flushall();
});

afterEach(() => api.stop());
afterAll(() => redis?.down());

async function upload(body: string | Buffer) {
  const response = await api.fetch('/v1/batches', { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
  return { status: response.status, json: (await response.json()) as { id: string; errors?: object[] } };
}

async function nothingLeft(): Promise<void> {
  await waitUntil('nothing is left in the store', async () => (await api.files()).length === 0);
}

test.each<[string, Buffer, number, string]>([
  ['a truncated gzip file', gzipSync(ODD).subarray(0, 40), 422, 'damaged'],
  ['a truncated zip file', Buffer.from('PK\u0003\u0004nothing'), 422, 'damaged'],
  ['a PDF', Buffer.from('%PDF-1.7\n'), 422, 'unsupported-format'],
  ['no rows', gzipSync(HEADER), 422, 'no-rows'],
  ['a header that does not fit', gzipSync(`id,V1\n${ROW}`), 422, 'missing-column'],
])('%s is refused, and leaves nothing', async (_, body, status, code) => {
  const answer = await upload(body);
  expect([answer.status, answer.json.errors?.[0]]).toMatchObject([
    status,
    { code: expect.stringContaining(code) as string },
  ]);
  await nothingLeft();
});

test('a file that expands beyond the limit of an upload is refused, and leaves nothing', async () => {
  expect((await upload(gzipSync(HEADER + ROW.repeat(200_000)))).status).toBe(413);
  await nothingLeft();
});

/** Holds the first read of the stored original, with which a conversion begins. */
function holdConversion() {
  const getRange = api.store.getRange.bind(api.store);
  let begun = () => {};
  let release = () => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  api.store.getRange = async (...range) => {
    begun();
    await released;
    return getRange(...range);
  };
  return { started, release };
}

async function leaveDuringConversion(path: string): Promise<void> {
  const { started, release } = holdConversion();
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${api.keyOf('member')}`, 'content-type': 'text/csv' };
  const answer = fetch(api.url + path, { method: 'POST', headers, body: ODD, signal: leaving.signal });
  await started;
  leaving.abort();
  await expect(answer).rejects.toThrow('aborted');
  release();
}

test('a sender who leaves while the whole file is converted gets a batch all the same', async () => {
  await leaveDuringConversion('/v1/batches');
  const list = async () => ((await (await api.fetch('/v1/batches')).json()) as { data: object[] }).data;
  await waitUntil('the batch is accepted', async () => (await list()).length === 1);
  expect(await list()).toMatchObject([
    { status: 'queued', counts: { total: 2 }, import: { skipped_rows: { empty: 1 } } },
  ]);
});

test('a connection without traffic stays open while the file is converted', async () => {
  await api.stop();
  api = await RunningApi.start(redis.url, MAX_UPLOAD_BYTES, { socketIdleMs: 3_000 });
  const { started, release } = holdConversion();
  const answer = upload(ODD);
  await started;
  // Its idle time begins after that of the upload's connection.
  const idle = connect(Number(new URL(api.url).port), '127.0.0.1');
  await once(idle.resume(), 'close');
  release();
  expect((await answer).status).toBe(202);
});

test('a sender who leaves during the conversion of a preflight leaves nothing', async () => {
  await leaveDuringConversion('/v1/batches/preflight');
  await nothingLeft();
  expect((await upload(ODD)).status).toBe(202);
});

test.each(['input.csv', 'canonical.csv', 'batch.json'])('a store that fails at %s leaves nothing', async (name) => {
  const put = api.store.put.bind(api.store);
  api.store.put = (key, ...rest) =>
    key.endsWith(name) ? Promise.reject(new StoreUnavailableError('away')) : put(key, ...rest);
  expect((await upload(ODD)).status).toBe(503);
  await nothingLeft();
});

test('a file that proves not to be plain after its first part is imported from its stored bytes, and both files count for the quota', async () => {
  const late = Buffer.from(`${HEADER}${ROW.repeat(5_000)},,,,,,,,,\nTotal,1,1,1,1,1,1,1,1,1\n${ROW}`);
  const { status, json } = await upload(late);
  expect([status, json]).toMatchObject([202, { counts: { total: 5_002 }, import: { skipped_rows: { empty: 1 } } }]);
  const files = (await api.files()).filter((file) => file.endsWith('.csv'));
  expect(files.map((file) => file.replace(/.*\//, ''))).toEqual(['canonical.csv', 'input.csv']);
  const total = Number(await api.commands.hget('cytoqueue:stored-inputs:lab', 'total'));
  expect(total).toBeGreaterThan(2 * late.length);
  const rescored = await api.fetch(`/v1/batches/${json.id}/rescore`, { method: 'POST' });
  expect(rescored.status).toBe(202);
  expect((await api.files()).filter((file) => file.endsWith('canonical.csv'))).toHaveLength(2);
});
