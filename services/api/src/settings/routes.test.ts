import { ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

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

interface Answer {
  status: number;
  json: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers of several operations
}

const send = async (
  method: string,
  path: string,
  {
    body,
    headers,
    role = 'admin',
  }: { body?: unknown; headers?: Record<string, string>; role?: 'member' | 'admin' } = {},
): Promise<Answer> => {
  const response = await api.fetch(path, {
    method,
    role,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: JSON.parse((await response.text()) || '{}') as Answer['json'] };
};
const put = (default_model: unknown, operating_point: unknown = 'default') =>
  send('PUT', '/v1/settings', { body: { default_model, operating_point } });
const predict = (more: object = {}, headers: Record<string, string> = {}) =>
  send('POST', '/v1/predictions', { body: { features: RECORD, ...more }, headers });
const requestOf = async (id: string) =>
  JSON.parse((await api.store.get(ObjectKeys.predictionRequest(api.tenant, id))).toString()) as {
    model: { name: string; version: string };
    operating_point: string;
  };
const upload = async (query = '', headers: Record<string, string> = {}) => {
  const response = await api.fetch(`/v1/batches${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...headers },
    body: HEADER + ROW,
  });
  return { status: response.status, json: (await response.json()) as { id: string } };
};
const batchOf = async (id: string) =>
  JSON.parse((await api.store.get(ObjectKeys.batchDocument(api.tenant, id))).toString()) as {
    model: { name: string; version: string };
    options: { operating_point: string };
  };

test('a tenant without settings has the defaults', async () => {
  expect(await send('GET', '/v1/settings')).toEqual({
    status: 200,
    json: { default_model: null, operating_point: 'default' },
  });
});

test('records, uploads and rescored batches use the settings unless the request names a model or operating point', async () => {
  const before = await upload();
  expect((await put('wbc-knn@1.0.0', 'sensitivity99')).status).toBe(200);
  expect((await send('GET', '/v1/settings')).json).toEqual({
    default_model: 'wbc-knn@1.0.0',
    operating_point: 'sensitivity99',
  });
  const pinned = { name: 'wbc-knn', version: '1.0.0' };
  expect(await requestOf((await predict()).json['id'])).toMatchObject({
    model: pinned,
    operating_point: 'sensitivity99',
  });
  const options = { operating_point: 'sensitivity99' };
  expect(await batchOf((await upload()).json.id)).toMatchObject({ model: pinned, options });
  const rescored = await send('POST', `/v1/batches/${before.json.id}/rescore`);
  expect(await batchOf(rescored.json['id'])).toMatchObject({ model: pinned, options });
  const named = await requestOf((await predict({ model: 'wbc-knn', operating_point: 'default' })).json['id']);
  expect(named).toMatchObject({ model: { version: '1.1.0' }, operating_point: 'default' });
  const own = await batchOf((await upload('?model=wbc-knn@1.1.0&operating_point=default')).json.id);
  expect(own).toMatchObject({ model: { version: '1.1.0' }, options: { operating_point: 'default' } });
});

test('members read the pinned version and the operating point from their session; damaged settings leave the session open', async () => {
  await put('wbc-knn@1.0.0', 'sensitivity99');
  const session = () => send('GET', '/v1/session', { role: 'member' });
  const defaults = { model: 'wbc-knn@1.0.0', operating_point: 'sensitivity99' };
  expect(await session()).toMatchObject({ status: 200, json: { defaults } });
  api.assignKeys();
  const key = ObjectKeys.documentVersion(ObjectKeys.tenantSettingsFolder(api.tenant), 1);
  await api.store.put(key, Buffer.from('{"default_model":null,"operating_'));
  const damaged = await session();
  expect([damaged.status, damaged.json['role'], damaged.json['defaults']]).toEqual([200, 'member', undefined]);
});

test('another tenant keeps its own', async () => {
  await put('wbc-knn@1.0.0');
  api.assignKeys();
  expect((await send('GET', '/v1/settings')).json['default_model']).toBeNull();
  expect((await requestOf((await predict()).json['id'])).model.version).toBe('1.1.0');
});

test('a request repeated after a change of the settings returns the first resource', async () => {
  const key = { 'idempotency-key': 'k' };
  const [record, batch] = [await predict({}, key), await upload('', { 'idempotency-key': 'b' })];
  await put('wbc-knn@1.0.0', 'sensitivity99');
  expect(await predict({}, key)).toMatchObject({ status: 202, json: { id: record.json['id'] } });
  expect(await upload('', { 'idempotency-key': 'b' })).toMatchObject({ status: 202, json: { id: batch.json.id } });
});

test.each([
  ['a name without version', { default_model: 'wbc-knn', operating_point: 'default' }, 'not-a-version'],
  ['the champion', { default_model: 'wbc-knn@champion', operating_point: 'default' }, 'not-a-version'],
  ['an unknown version', { default_model: 'wbc-knn@9.9.9', operating_point: 'default' }, 'unknown-model'],
  ['an unknown operating point', { default_model: null, operating_point: 'other' }, 'invalid-value'],
  ['a missing member', { default_model: null }, 'invalid-value'],
  ['an unknown member', { default_model: null, operating_point: 'default', note: 1 }, 'unknown-field'],
])('%s is refused and changes nothing', async (_, body, code) => {
  await put('wbc-knn@1.0.0');
  const { status, json } = await send('PUT', '/v1/settings', { body });
  expect([status, json['errors']]).toEqual([422, [expect.objectContaining({ code })]]);
  expect((await send('GET', '/v1/settings')).json['default_model']).toBe('wbc-knn@1.0.0');
});

test('members can neither read nor change them', async () => {
  const body = { default_model: null, operating_point: 'default' };
  expect((await send('GET', '/v1/settings', { role: 'member' })).status).toBe(403);
  expect((await send('PUT', '/v1/settings', { role: 'member', body })).status).toBe(403);
});

test('a change is audited with the key that made it', async () => {
  await put('wbc-knn@1.0.0');
  const { json } = await send('GET', '/v1/audit');
  expect(json['data']).toContainEqual(
    expect.objectContaining({
      action: 'settings.replace',
      resource: 'settings',
      actor: expect.objectContaining({ key_id: 'admin' }),
    }),
  );
});

test('with damaged settings nothing is scored by a default model, and an admin can replace them', async () => {
  const key = ObjectKeys.documentVersion(ObjectKeys.tenantSettingsFolder(api.tenant), 1);
  await api.store.put(key, Buffer.from('{"default_model":null,"operating_'));
  expect([(await send('GET', '/v1/settings')).status, (await predict()).status]).toEqual([409, 409]);
  expect((await predict({ model: 'wbc-knn@1.1.0', operating_point: 'default' })).status).toBe(202);
  expect((await put('wbc-knn@1.0.0')).status).toBe(200);
  expect((await requestOf((await predict()).json['id'])).model.version).toBe('1.0.0');
});
