import { ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';

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
  json: { id: string; key: string; type?: string; data: { id: string }[] } & Record<string, unknown>;
}

const send = async (method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> => {
  const response = await fetch(api.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: JSON.parse((await response.text()) || '{}') as Answer['json'] };
};
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const admin = () => bearer(api.keyOf('admin'));
const create = (body: object, headers: Record<string, string> = {}) =>
  send('POST', '/v1/api-keys', { ...admin(), ...headers }, body);
const remove = (id: string, headers: Record<string, string> = admin(), body?: unknown) =>
  send('DELETE', `/v1/api-keys/${id}`, headers, body);
const list = async () => (await send('GET', '/v1/api-keys', admin())).json.data;
const statusOf = async (key: string) => (await send('GET', '/v1/models', bearer(key))).status;
const problem = ({ status, json }: Answer) => [status, String(json.type).split(':').at(-1)];

async function signIn(key: string): Promise<Record<string, string>> {
  const response = await fetch(`${api.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: key }),
  });
  return {
    cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] as string,
    'sec-fetch-site': 'same-origin',
  };
}

test('a key is shown once, has the rights of its role only, and is listed without the key itself', async () => {
  const { status, json } = await create({ id: 'scanner', role: 'member', expires_at: '2099-01-01T00:00:00Z' });
  const described = {
    id: 'scanner',
    role: 'member',
    created_at: expect.any(String),
    expires_at: '2099-01-01T00:00:00.000Z',
    last_used_day: null,
    source: 'api',
  };
  expect([status, json]).toEqual([201, { ...described, key: expect.stringMatching(/^cq_[\w-]{43}$/) }]);
  expect([await statusOf(json.key), (await send('GET', '/v1/audit', bearer(json.key))).status]).toEqual([200, 403]);
  expect((await list()).find(({ id }) => id === 'scanner')).toEqual({
    ...described,
    last_used_day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
  expect((await list()).find(({ id }) => id === 'admin')).toMatchObject({
    source: 'file',
    created_at: null,
    last_used_day: expect.any(String),
  });
});

test('the store contains hashes only', async () => {
  const { json } = await create({ role: 'admin' });
  const { value } = await api.storedKeys.documentOf(api.tenant).read();
  expect(value?.keys).toEqual([
    {
      id: json.id,
      role: 'admin',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      created_at: expect.any(String),
      created_by: 'admin',
    },
  ]);
  expect(JSON.stringify(value)).not.toContain(json.key);
});

test('deleting a key ends its sessions and event streams at once, and no others', async () => {
  const [going, staying] = [(await create({ role: 'member' })).json, (await create({ role: 'member' })).json];
  const [goingSession, stayingSession] = [await signIn(going.key), await signIn(staying.key)];
  const accepted = await send('POST', '/v1/predictions', bearer(going.key), { features: RECORD });
  const stream = await fetch(`${api.url}/v1/predictions/${accepted.json.id}/events`, { headers: bearer(going.key) });
  expect(stream.status).toBe(200);
  expect((await remove(going.id)).status).toBe(204);
  expect([await statusOf(going.key), await statusOf(staying.key)]).toEqual([401, 200]);
  expect((await send('GET', '/v1/session', goingSession)).status).toBe(401);
  expect((await send('GET', '/v1/session', stayingSession)).status).toBe(200);
  await stream.text(); // returns because the server ends the stream; the prediction stays queued
  expect(problem(await remove(going.id))).toEqual([404, 'not-found']);
});

test('an id in use is rejected, whether its key is in the file or was created', async () => {
  await create({ id: 'one', role: 'member' });
  expect(problem(await create({ id: 'one', role: 'admin' }))).toEqual([409, 'key-id-in-use']);
  expect(problem(await create({ id: 'operator', role: 'member' }))).toEqual([409, 'key-id-in-use']);
});

test.each([
  ['no role', {}],
  ['platform rights', { role: 'admin', platform: true }],
  ['an id that none can have', { role: 'member', id: 'a/b' }],
  ['an end in the past', { role: 'member', expires_at: '2020-01-01T00:00:00Z' }],
  ['another role', { role: 'root' }],
])('a key with %s is refused', async (_, body) => {
  expect(problem(await create(body))).toEqual([422, 'invalid-request']);
});

test('keys of the file cannot be deleted', async () => {
  expect(problem(await remove('member'))).toEqual([409, 'key-of-file']);
  expect(await statusOf(api.keyOf('member'))).toBe(200);
});

test('two concurrent deletions leave the last admin key', async () => {
  const [one, two] = [(await create({ role: 'admin' })).json, (await create({ role: 'admin' })).json];
  api.assignKeys({ tenant: api.tenant, roles: [] });
  const outcomes = await Promise.all([remove(one.id, bearer(one.key)), remove(two.id, bearer(two.key))]);
  const [left] = [one, two].filter((_, index) => outcomes[index]?.status !== 204);
  // The second request may also find its own key deleted.
  expect(outcomes.filter(({ status }) => status === 204)).toHaveLength(1);
  expect(problem(await remove(left!.id, bearer(left!.key)))).toEqual([409, 'last-admin-key']);
  expect(await statusOf(left!.key)).toBe(200);
});

test('an expired admin key does not count as the last one', async () => {
  const [one, two] = [(await create({ role: 'admin' })).json, (await create({ role: 'admin' })).json];
  await api.storedKeys.documentOf(api.tenant).update((before) => ({
    keys: before!.keys.map((key) => (key.id === two.id ? { ...key, expires_at: '2020-01-01T00:00:00Z' } : key)),
  }));
  api.assignKeys({ tenant: api.tenant, roles: [] });
  expect(problem(await remove(one.id, bearer(one.key)))).toEqual([409, 'last-admin-key']);
  expect((await remove(two.id, bearer(one.key))).status).toBe(204);
});

test('a browser session must send its API key again', async () => {
  const session = await signIn(api.keyOf('admin'));
  const other = (await create({ role: 'admin' })).json;
  const wrong = [undefined, 'cq_wrong', api.keyOf('member'), other.key];
  for (const current_key of wrong) {
    expect(problem(await send('POST', '/v1/api-keys', session, { role: 'member', current_key }))).toEqual([
      403,
      'reauthentication-required',
    ]);
    expect(problem(await remove(other.id, session, { current_key }))).toEqual([403, 'reauthentication-required']);
  }
  expect(problem(await remove(other.id, session))).toEqual([403, 'reauthentication-required']);
  expect(
    (await send('POST', '/v1/api-keys', session, { role: 'member', current_key: api.keyOf('admin') })).status,
  ).toBe(201);
  expect((await remove(other.id, session, { current_key: api.keyOf('admin') })).status).toBe(204);
});

test.each(['member', 'operator'] as const)('a key with the role %s can neither list nor change keys', async (role) => {
  const headers = bearer(api.keyOf(role));
  const answers = [
    await send('GET', '/v1/api-keys', headers),
    await send('POST', '/v1/api-keys', headers, { role: 'admin' }),
    await remove('member', headers),
  ];
  expect(answers.map(problem)).toEqual(answers.map(() => [403, 'forbidden']));
});

test("another tenant's key is not found, even with an invalid body", async () => {
  const { id } = (await create({ role: 'member' })).json;
  const owner = api.tenant;
  api.assignKeys();
  expect(problem(await remove(id, admin(), { unknown: 1 }))).toEqual([404, 'not-found']);
  expect((await list()).map((key) => key.id)).not.toContain(id);
  expect((await api.storedKeys.documentOf(owner).read()).value?.keys.map((key) => key.id)).toEqual([id]);
});

test('repeating an idempotency key creates one key and shows it once', async () => {
  const headers = { 'idempotency-key': 'once' };
  const answers = await Promise.all(Array.from({ length: 5 }, () => create({ role: 'member' }, headers)));
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201));
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
  expect(answers.filter(({ json }) => json.key !== null)).toHaveLength(1);
  expect(problem(await create({ role: 'admin' }, headers))).toEqual([422, 'idempotency-key-reused']);
});

test('creation, deletion and denial are in the audit log', async () => {
  const { id } = (await create({ role: 'member' })).json;
  await remove(id);
  await remove(id);
  await send('POST', '/v1/api-keys', bearer(api.keyOf('member')), { role: 'admin' });
  await api.audit.flush();
  const { json } = await send('GET', '/v1/audit', admin());
  const seen = (json.data as unknown as { action: string; resource: string; outcome: string }[]).map(
    ({ action, resource, outcome }) => `${action} ${resource} ${outcome}`,
  );
  expect(seen.filter((line) => line.startsWith('key.')).sort()).toEqual([
    'key.create api-keys denied',
    `key.create keys/${id} done`,
    'key.delete api-keys/? denied',
    `key.delete keys/${id} done`,
  ]);
});

test('the day of last use is stored without a write per request', async () => {
  for (let call = 0; call < 3; call++) await list();
  expect(await api.store.head(ObjectKeys.lastUsed(api.tenant))).toBeUndefined();
  await api.lastUse.flush();
  const written = await api.store.head(ObjectKeys.lastUsed(api.tenant));
  await list();
  await api.lastUse.flush();
  expect(await api.store.head(ObjectKeys.lastUsed(api.tenant))).toEqual(written);
});

test('a damaged document keeps the previous keys in force and does not restore an earlier version', async () => {
  const { key } = (await create({ id: 'one', role: 'member' })).json;
  await api.store.put(
    ObjectKeys.documentVersion(ObjectKeys.tenantKeysFolder(api.tenant), 2),
    Buffer.from('{"keys": ['),
  );
  await api.storedKeys.refresh();
  expect(await statusOf(key)).toBe(200);
  expect(problem(await create({ role: 'member' }))).toEqual([409, 'object-damaged']);
});
