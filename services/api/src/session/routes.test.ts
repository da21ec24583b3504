import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  // Loads the default model: a session is answered without defaults that take longer than a second.
  await api.predict(RECORD);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const json = { 'content-type': 'application/json' };
const HERE = { 'sec-fetch-site': 'same-origin' };

const send = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
  fetch(api.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });

async function signIn(
  body: unknown = { api_key: api.keyOf('member') },
): Promise<{ response: Response; cookie: string }> {
  const response = await send('POST', '/v1/session', json, body);
  return { response, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] as string };
}

const issueToken = async () => {
  const response = await api.fetch('/v1/session/tokens', { method: 'POST' });
  return { status: response.status, ...((await response.json()) as { token: string; expires_at: string }) };
};

/** Asserts the lifetime in seconds of something issued since `sinceMs`; times are rounded down to whole seconds. */
function expectLifetime(expiresAt: string, seconds: number, sinceMs: number): void {
  const expiresAtMs = Date.parse(expiresAt);
  expect(expiresAtMs).toBeGreaterThanOrEqual(sinceMs + seconds * 1_000 - 1_000);
  expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + seconds * 1_000 + 1_000);
}

describe('signing in', () => {
  it('exchanges a key for a cookie that scripts cannot read and other sites do not send', async () => {
    const sinceMs = Date.now();
    const { response, cookie } = await signIn();
    expect(response.status).toBe(201);
    const session = (await response.json()) as { expires_at: string };
    expect(session).toEqual({
      tenant: api.tenant,
      role: 'member',
      platform: false,
      key_id: 'member',
      expires_at: expect.any(String),
    });
    expectLifetime(session.expires_at, 12 * 3_600, sinceMs);
    expect(response.headers.get('set-cookie')).toMatch(
      /^cytoqueue_session=[\w.-]+; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    const again = await send('GET', '/v1/session', { cookie });
    const defaults = { model: 'wbc-knn@1.1.0', operating_point: 'default' };
    expect([again.status, await again.json()]).toEqual([200, { ...session, defaults }]);
    expect((await send('GET', '/v1/predictions', { cookie })).status).toBe(200);
  });

  it('reports platform rights of the key', async () => {
    const { response } = await signIn({ api_key: api.keyOf('platform') });
    expect(await response.json()).toMatchObject({ role: 'admin', platform: true });
  });

  it('keeps the role of the key', async () => {
    const { cookie } = await signIn({ api_key: api.keyOf('operator') });
    expect((await send('GET', '/v1/predictions', { cookie })).status).toBe(403);
  });

  it.each([
    ['a wrong key', { api_key: 'cq_wrong' }, 401],
    ['a wrong token', { token: 'cqt_wrong' }, 401],
    ['nothing', {}, 422],
    ['both', { api_key: 'a', token: 'b' }, 422],
    ['a key that is no text', { api_key: ['a'] }, 422],
  ])('is refused with %s', async (_, body, status) => {
    const { response, cookie } = await signIn(body);
    expect([response.status, cookie]).toEqual([status, '']);
    expect(await response.text()).not.toContain('cq_wrong');
  });

  it('accepts a token once and stores only its hash in Redis', async () => {
    const sinceMs = Date.now();
    const { status, token, expires_at } = await issueToken();
    expect(status).toBe(201);
    expect(token).toMatch(/^cqt_[\w-]{43}$/);
    expectLifetime(expires_at, 600, sinceMs);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn({ token })));
    expect(answers.map(({ response }) => response.status).sort((a, b) => a - b)).toEqual([
      201,
      ...Array<number>(9).fill(401),
    ]);
  });

  it('is rejected from a page of another site', async () => {
    const foreign = [
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-site', 'same-site'],
      ['origin', 'https://evil.example'],
      ['origin', 'null'],
    ] as const;
    for (const [header, value] of foreign) {
      const response = await send(
        'POST',
        '/v1/session',
        { ...json, [header]: value },
        { api_key: api.keyOf('member') },
      );
      expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([
        403,
        'urn:cytoqueue:problem:cross-site',
      ]);
    }
  });
});

describe('a session', () => {
  const predict = (headers: Record<string, string>) => send('POST', '/v1/predictions', { ...json, ...headers }, {});

  it('permits changes only from pages of this address', async () => {
    const { cookie } = await signIn();
    const { host, origin } = new URL(api.url);
    expect((await predict({ cookie })).status).toBe(403);
    expect((await predict({ cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await predict({ cookie, 'sec-fetch-site': 'cross-site', origin })).status).toBe(403);
    expect((await predict({ cookie, 'sec-fetch-site': 'none' })).status).toBe(403);
    expect((await predict({ cookie, origin: 'http://127.0.0.1:1' })).status).toBe(403);
    expect((await predict({ cookie, origin: `http://${host}.evil.example` })).status).toBe(403);
    // 422: the session was accepted, and the empty record was rejected.
    expect((await predict({ cookie, ...HERE })).status).toBe(422);
    expect((await predict({ cookie, origin })).status).toBe(422);
  });

  it('ends everywhere at sign-out', async () => {
    const { cookie } = await signIn();
    const other = await signIn();
    expect((await send('DELETE', '/v1/session', { cookie })).status).toBe(403);
    const response = await send('DELETE', '/v1/session', { cookie, ...HERE });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringContaining('cytoqueue_session=; Path=/; Expires=Thu, 01 Jan 1970'),
    ]);
    expect((await send('GET', '/v1/session', { cookie })).status).toBe(401);
    expect((await send('GET', '/v1/session', { cookie: other.cookie })).status).toBe(200);
    expect((await send('DELETE', '/v1/session', HERE)).status).toBe(204);
  });

  it('ends with its key, and a new key of the same name does not restore it', async () => {
    const { cookie } = await signIn();
    const { token } = await issueToken();
    const of = (sha256: string) => ({
      tenants: [{ id: api.tenant, keys: [{ id: 'member', role: 'member' as const, sha256 }] }],
    });
    api.ring.replace(of('0'.repeat(64)));
    expect((await send('GET', '/v1/session', { cookie })).status).toBe(401);
    expect((await signIn({ token })).response.status).toBe(401);
  });

  it('cannot be forged, extended, planted or created from a token', async () => {
    const { cookie } = await signIn();
    const [tenant, key, expires, id, mac] = (cookie.split('=')[1] as string).split('.') as [
      string,
      string,
      string,
      string,
      string,
    ];
    const later = String(Number(expires) + 1);
    const forged = [
      [tenant, 'admin', expires, id, mac],
      [tenant, key, later, id, mac],
      [tenant, key, expires, id, ''],
      [tenant, key, expires, id],
      [tenant, key, expires, id, mac, 'x'],
      [tenant, key, expires, id, mac.toLowerCase()],
      ['__proto__', 'constructor', expires, id, mac],
      [],
    ];
    for (const parts of forged)
      expect((await send('GET', '/v1/session', { cookie: `cytoqueue_session=${parts.join('.')}` })).status).toBe(401);
    expect((await send('GET', '/v1/session', { cookie: `${cookie}; cytoqueue_session=x` })).status).toBe(401);
    expect((await send('GET', '/v1/session', { cookie: `other=1; ${cookie}` })).status).toBe(200);
  });

  it('is ignored when a key is sent too', async () => {
    const { cookie } = await signIn();
    const response = await api.fetch('/v1/session', { role: 'admin', headers: { cookie } });
    expect(await response.json()).toMatchObject({
      tenant: api.tenant,
      role: 'admin',
      platform: false,
      key_id: 'admin',
      expires_at: null,
    });
    expect((await send('GET', '/v1/session', { cookie, authorization: 'Bearer cq_wrong' })).status).toBe(401);
  });
});

describe('a session or token created in a session', () => {
  const tokenOf = async (cookie: string): Promise<string> =>
    ((await (await send('POST', '/v1/session/tokens', { cookie, ...HERE })).json()) as { token: string }).token;
  const childOf = async (cookie: string): Promise<string> => (await signIn({ token: await tokenOf(cookie) })).cookie;
  const statusOf = async (cookie: string): Promise<number> => (await send('GET', '/v1/session', { cookie })).status;
  const signOut = (cookie: string) => send('DELETE', '/v1/session', { cookie, ...HERE });

  it('ends with that session, as do its descendants', async () => {
    const { cookie } = await signIn();
    const child = await childOf(cookie);
    const grandchild = await childOf(child);
    const [unused, unusedOfChild] = [await tokenOf(cookie), await tokenOf(child)];
    const other = (await signIn()).cookie;
    expect(await Promise.all([cookie, child, grandchild, other].map(statusOf))).toEqual([200, 200, 200, 200]);
    expect((await signOut(cookie)).status).toBe(204);
    expect(await Promise.all([cookie, child, grandchild, other].map(statusOf))).toEqual([401, 401, 401, 200]);
    for (const token of [unused, unusedOfChild]) expect((await signIn({ token })).response.status).toBe(401);
    expect((await send('POST', '/v1/session/tokens', { cookie: grandchild, ...HERE })).status).toBe(401);
  });

  it('can end without ending its parent', async () => {
    const { cookie } = await signIn();
    const child = await childOf(cookie);
    const grandchild = await childOf(child);
    await signOut(child);
    expect(await Promise.all([cookie, child, grandchild].map(statusOf))).toEqual([200, 401, 401]);
  });

  it('has its event streams ended at sign-out', async () => {
    const id = await api.predict(RECORD);
    const { cookie } = await signIn();
    const child = await childOf(cookie);
    const stream = await send('GET', `/v1/predictions/${id}/events`, { cookie: child });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toContain('event: status');
    await signOut(cookie);
    for (let done = false; !done;) done = (await reader.read()).done;
    expect((await send('GET', `/v1/predictions/${id}/events`, { cookie: child })).status).toBe(401);
  });

  it('is independent when an API key created it', async () => {
    const { token } = await issueToken();
    await signOut((await signIn()).cookie);
    expect((await signIn({ token })).response.status).toBe(201);
  });
});

describe('signing in again', () => {
  const signInOver = async (cookie: string, body: unknown) =>
    (await send('POST', '/v1/session', { ...json, cookie, ...HERE }, body)).headers.get('set-cookie')?.split(';')[0] ??
    '';
  const statusOf = async (cookie: string): Promise<number> => (await send('GET', '/v1/session', { cookie })).status;

  it('ends the session whose cookie is overwritten', async () => {
    const { cookie } = await signIn();
    const next = await signInOver(cookie, { api_key: api.keyOf('admin') });
    expect([await statusOf(cookie), await statusOf(next)]).toEqual([401, 200]);
  });

  it('keeps that session when it is the parent of the new one', async () => {
    const { cookie } = await signIn();
    const { token } = (await (await send('POST', '/v1/session/tokens', { cookie, ...HERE })).json()) as {
      token: string;
    };
    const next = await signInOver(cookie, { token });
    expect([await statusOf(cookie), await statusOf(next)]).toEqual([200, 200]);
  });
});

it('stores no key and no token in Redis', async () => {
  const dir = await api.temporaryDir();
  const durable = await RedisProcess.start(dir);
  const own = await RunningApi.start(durable.url);
  const token = ((await (await own.fetch('/v1/session/tokens', { method: 'POST' })).json()) as { token: string }).token;
  // Redis 7 writes several files into `appendonlydir`, Redis 6.2 a single file.
  const files = (await readdir(dir, { recursive: true })).filter((file) => file.endsWith('.aof'));
  const written = (await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')))).join('');
  expect(written).toContain('cytoqueue:sign-in:');
  expect(written).not.toContain(token);
  expect(written).not.toContain(own.keyOf('member'));
  await own.stop();
  await durable.down();
});
