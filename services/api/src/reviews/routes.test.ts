import { ObjectKeys, createId, sealDocument } from '@cytoqueue/records';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';
import { storeBatch } from '../../test/stored-batch';
import { RetentionPolicy } from '../tenants/retention-policy';
import { sweep } from '../tenants/sweeper';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

interface Review {
  id: string;
  decision: string;
}
interface Answer {
  status: number;
  json: Review & { type: string; data: Review[]; has_more: boolean; last_id: string; errors: { field: string }[] };
}

async function send(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await api.fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

async function finishedRecord(): Promise<string> {
  const id = await api.predict(RECORD);
  await api.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
  return `/v1/predictions/${id}`;
}

const finishedRow = async () => `/v1/batches/${await storeBatch(api, [['benign', 'rejected']])}/rows/2`;
const reviewFiles = async () => (await api.files()).filter((file) => file.includes(`${api.tenant}/reviews/`));
const usedBytes = async () => {
  const total = await api.commands.hgetall(`cytoqueue:stored-inputs:${api.tenant}`);
  return Number(total['total'] ?? 0);
};

describe.each([
  ['a record', finishedRecord],
  ['a row', finishedRow],
])('reviews of %s', (_, create) => {
  test('are added with key and time, and listed newest first', async () => {
    const path = `${await create()}/reviews`;
    expect((await send(path)).json.data).toEqual([]);
    const first = await send(path, { decision: 'repeat', note: 'out of focus' });
    expect(first).toEqual({
      status: 201,
      json: {
        id: expect.stringMatching(/^review_/),
        created_at: expect.stringMatching(/Z$/),
        key_id: 'member',
        decision: 'repeat',
        note: 'out of focus',
      },
    });
    for (const decision of ['malignant', 'other']) expect((await send(path, { decision })).status).toBe(201);
    expect((await send(path)).json.data.map(({ decision }) => decision)).toEqual(['other', 'malignant', 'repeat']);
    const page = (await send(`${path}?limit=2`)).json;
    expect([page.data.length, page.has_more]).toEqual([2, true]);
    expect((await send(`${path}?limit=2&after=${page.last_id}`)).json.data).toEqual([first.json]);
  });

  test.each([
    ['another class', { decision: 'unsure' }, 'decision'],
    ['no decision', { note: 'x' }, 'decision'],
    ['a note of 2,001 characters', { decision: 'other', note: 'x'.repeat(2_001) }, 'note'],
    ['another member', { decision: 'other', key_id: 'admin' }, 'key_id'],
  ])('are refused with %s', async (__, body, field) => {
    const { status, json } = await send(`${await create()}/reviews`, body);
    expect([status, json.errors.map((error) => error.field)]).toEqual([422, [field]]);
    expect(await reviewFiles()).toEqual([]);
  });

  test('are stored once when repeated with their idempotency key, also by fifty concurrent requests', async () => {
    const path = `${await create()}/reviews`;
    const key = { 'idempotency-key': 'k' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(path, { decision: 'other' }, key)));
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1);
    expect((await send(path)).json.data).toHaveLength(1);
    expect((await send(path, { decision: 'benign' }, key)).json.type).toContain('idempotency-key-reused');
  });

  test('of an unknown resource, or of another tenant’s, cannot be added or read', async () => {
    const path = await create();
    const unknown = path.replace(/(pred|batch)_\w+/, (id) => createId(id.startsWith('pred') ? 'pred_' : 'batch_'));
    await send(`${path}/reviews`, { decision: 'other' });
    const notFound = async (at: string) => [
      (await send(`${at}/reviews`)).status,
      (await send(`${at}/reviews`, { decision: 'other' })).status,
    ];
    expect(await notFound(unknown)).toEqual([404, 404]);
    api.assignKeys();
    expect(await notFound(path)).toEqual([404, 404]);
    expect(await reviewFiles()).toEqual([]);
  });

  test('count against the quota and are deleted with their resource', async () => {
    const path = await create();
    const { json } = await send('/v1/batches'); // Any list request: the first one counts the sizes.
    expect(json.data).toBeDefined();
    await send(`${path}/reviews`, { decision: 'other', note: 'x'.repeat(1_000) });
    const used = await usedBytes();
    expect(used).toBeGreaterThan(1_000);
    expect(await reviewFiles()).toHaveLength(1);
    const resource = path.replace(/\/rows\/.*/, '');
    expect((await api.fetch(resource, { method: 'DELETE' })).status).toBe(204);
    expect(await reviewFiles()).toEqual([]);
    expect(await usedBytes()).toBeLessThanOrEqual(used - 1_000);
  });

  test('are listed with what is wrong with them when they are damaged or cannot be read', async () => {
    const path = `${await create()}/reviews`;
    const ids: string[] = [];
    for (const decision of ['other', 'repeat', 'malignant']) ids.push((await send(path, { decision })).json.id);
    const keys = (await reviewFiles()).sort().map((file) => file.slice(file.indexOf('tenants/')));
    await api.store.put(keys[0]!, Buffer.from('{"id":'));
    replaceByLinkLoop(api.store.url, keys[1]!);
    const { status, json } = await send(path);
    expect([status, json.data]).toEqual([
      200,
      [
        expect.objectContaining({ id: ids[2], decision: 'malignant' }),
        expect.objectContaining({ id: ids[1], error: expect.objectContaining({ code: 'object-unreadable' }) }),
        expect.objectContaining({ id: ids[0], error: expect.objectContaining({ code: 'object-damaged' }) }),
      ],
    ]);
  });

  test('are refused when the quota is used up', async () => {
    const path = await create();
    api.assignKeys({ tenant: api.tenant, limits: { stored_bytes: 1 } });
    const { status, json } = await send(`${path}/reviews`, { decision: 'other' });
    expect([status, json.type]).toEqual([413, 'urn:cytoqueue:problem:quota-exceeded']);
    expect(await reviewFiles()).toEqual([]);
  });

  test('are given again to a repetition although the quota was lowered since', async () => {
    const path = `${await create()}/reviews`;
    const key = { 'idempotency-key': 'k' };
    const first = await send(path, { decision: 'other' }, key);
    api.assignKeys({ tenant: api.tenant, limits: { stored_bytes: 1 } });
    expect(await send(path, { decision: 'other' }, key)).toEqual(first);
  });
});

test('a record that is not finished, and a batch without results, have no reviews', async () => {
  const record = await api.predict(RECORD);
  expect((await send(`/v1/predictions/${record}/reviews`, { decision: 'other' })).status).toBe(409);
  const batch = await storeBatch(api, [['benign']]);
  expect((await send(`/v1/batches/${batch}/rows/2/reviews`, { decision: 'other' })).status).toBe(404);
  await api.store.delete(ObjectKeys.runManifest(api.tenant, batch, 1));
  expect((await send(`/v1/batches/${batch}/rows/1/reviews`, { decision: 'other' })).status).toBe(409);
});

test('retention removes reviews too', async () => {
  const old = createId('pred_', Date.now() - 31 * 86_400_000);
  const young = await finishedRecord();
  await send(`${young}/reviews`, { decision: 'other' });
  const id = createId('review_');
  await api.store.put(`${ObjectKeys.resourceReviewsFolder(api.tenant, old)}${id}`, sealDocument({ id }));
  await sweep({ store: api.store, retention: new RetentionPolicy({ resources: 30, inputs: 30, confirmations: 365 }) });
  expect(await reviewFiles()).toEqual([expect.stringContaining(young.split('/').at(-1)!)]);
});

test('reading and adding reviews is audited', async () => {
  const path = await finishedRow();
  await send(`${path}/reviews`, { decision: 'other', note: 'secret' });
  await send(`${path}/reviews`);
  await api.audit.flush();
  const response = await api.fetch('/v1/audit', { role: 'admin' });
  const text = await response.text();
  for (const action of ['batch.create-row-review', 'batch.list-row-reviews']) expect(text).toContain(action);
  expect(text).not.toContain('secret');
});
