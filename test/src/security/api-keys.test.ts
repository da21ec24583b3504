import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Role, createApiKey } from '@cytoqueue/runtime';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { BENIGN_RECORD } from '../support/records';
import { RedisProcess } from '../support/redis-process';
import { ROOT, type RunningProgram, terminateProgram, runProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/** Clean-up functions; the last one runs first. */
const cleanups: (() => Promise<unknown>)[] = [];
const bootstrap = createApiKey();
let store: string;
let environment: Record<string, string>;
let apis: string[];

describeWith('moto_server', 'two API processes on one bucket', () => {
  beforeAll(async () => {
    const [moto, redis] = await Promise.all([connectMoto(), RedisProcess.start()]);
    cleanups.push(() => redis.down());
    store = `s3://keys-${randomUUID()}`;
    await fetch(store.replace('s3:/', moto.url), { method: 'PUT' });
    environment = {
      AWS_ENDPOINT_URL: moto.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const keys = {
      tenants: [{ id: 'lab', keys: [{ id: 'first', role: 'admin', platform: true, sha256: bootstrap.sha256 }] }],
    };
    const settings = {
      PORT: '0',
      STORAGE_URL: store,
      REDIS_URL: redis.url,
      API_KEYS: JSON.stringify(keys),
      SESSION_SECRET: 's'.repeat(32),
      CANARY_SECONDS: '0',
      ...environment,
    };
    apis = await Promise.all([0, 1].map(() => startApi(settings)));
  });

  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  async function startApi(settings: Record<string, string>): Promise<string> {
    const program: RunningProgram = runProgram(process.execPath, [join(ROOT, 'services/api/dist/main.js')], settings);
    cleanups.push(() => terminateProgram(program));
    const url = await waitUntil('the API listens', () => /"url":"([^"]+)"/.exec(program.stdout())?.[1]);
    await waitUntil('the API is ready', async () => (await fetch(`${url}/health/ready`)).ok);
    return url;
  }

  const call = (api: number, method: string, path: string, headers: Record<string, string>, body?: object) =>
    fetch(`${apis[api]}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const statusAt = async (api: number, key: string) => (await call(api, 'GET', '/v1/models', bearer(key))).status;
  const untilBoth = (status: number, key: string) =>
    waitUntil(
      `both answer ${status}`,
      async () => (await statusAt(0, key)) === status && (await statusAt(1, key)) === status,
    );

  const promote = async (version: string) =>
    expect((await call(0, 'POST', '/v1/models/wbc-knn/champion', bearer(bootstrap.key), { version })).status).toBe(200);

  async function create(api: number, role: Role): Promise<{ id: string; key: string }> {
    const response = await call(api, 'POST', '/v1/api-keys', bearer(bootstrap.key), { role });
    expect(response.status).toBe(201);
    return (await response.json()) as { id: string; key: string };
  }

  async function signIn(api: number, key: string): Promise<Record<string, string>> {
    const response = await call(api, 'POST', '/v1/session', {}, { api_key: key });
    return {
      cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] as string,
      'sec-fetch-site': 'same-origin',
    };
  }

  const runScript = async (name: string, ...args: string[]) =>
    (
      await promisify(execFile)(
        process.execPath,
        [join(ROOT, `scripts/dist/keys/${name}.js`), ...args, '--store', store],
        {
          env: { ...process.env, ...environment },
        },
      )
    ).stdout.trim();

  test('a key that one process creates is accepted by both; after its deletion both reject it and end its sessions and event streams', async () => {
    const { id, key } = await create(0, 'member');
    expect(await statusAt(0, key)).toBe(200);
    await untilBoth(200, key);
    const session = await signIn(1, key);
    const accepted = (await (
      await call(1, 'POST', '/v1/predictions', bearer(key), { features: BENIGN_RECORD })
    ).json()) as { id: string };
    const stream = await call(1, 'GET', `/v1/predictions/${accepted.id}/events`, bearer(key));
    expect([stream.status, (await call(1, 'GET', '/v1/session', session)).status]).toEqual([200, 200]);

    expect((await call(0, 'DELETE', `/v1/api-keys/${id}`, bearer(bootstrap.key))).status).toBe(204);
    expect(await statusAt(0, key)).toBe(401);
    await untilBoth(401, key);
    expect((await call(1, 'GET', '/v1/session', session)).status).toBe(401);
    await stream.text(); // No worker runs, so only the server can end the stream.
  });

  test('two admins who delete each other’s key concurrently through two processes leave one key', async () => {
    const [one, two] = [await create(0, 'admin'), await create(1, 'admin')];
    await untilBoth(200, one.key);
    await untilBoth(200, two.key);
    const answers = await Promise.all([
      call(0, 'DELETE', `/v1/api-keys/${two.id}`, bearer(one.key)),
      call(1, 'DELETE', `/v1/api-keys/${one.id}`, bearer(two.key)),
    ]);
    // The file's key is an admin too, so both may be deleted; there must be no error and no lost change.
    for (const { status } of answers) expect([204, 401, 404]).toContain(status);
    const { data } = (await (await call(1, 'GET', '/v1/api-keys', bearer(bootstrap.key))).json()) as {
      data: { id: string }[];
    };
    const gone = [two, one].filter((_, index) => answers[index]?.status === 204).map(({ id }) => id);
    expect(data.map(({ id }) => id)).toEqual([
      'first',
      ...[one, two].map(({ id }) => id).filter((id) => !gone.includes(id)),
    ]);
  });

  test('settings stored through one process are used by both, and a promotion does not change them', async () => {
    const { key } = await create(0, 'admin');
    await untilBoth(200, key);
    const put = (default_model: string | null) =>
      call(0, 'PUT', '/v1/settings', bearer(key), { default_model, operating_point: 'sensitivity99' });
    const modelAt = async (api: number) => {
      const sent = await call(api, 'POST', '/v1/predictions', bearer(key), { features: BENIGN_RECORD });
      const { id } = (await sent.json()) as { id: string };
      const record = await call(api, 'GET', `/v1/predictions/${id}`, bearer(key));
      const { name, version } = ((await record.json()) as { model: { name: string; version: string } }).model;
      return `${name}@${version}`;
    };
    expect([await modelAt(0), await modelAt(1)]).toEqual(['wbc-knn@1.1.0', 'wbc-knn@1.1.0']);
    expect((await put('wbc-knn@1.0.0')).status).toBe(200);
    expect(await modelAt(0)).toBe('wbc-knn@1.0.0');
    await waitUntil('the other process uses them', async () => (await modelAt(1)) === 'wbc-knn@1.0.0');
    await promote('1.0.0');
    expect((await put('wbc-knn@1.1.0')).status).toBe(200);
    await waitUntil('the other process uses them', async () => (await modelAt(1)) === 'wbc-knn@1.1.0');
    expect(await modelAt(0)).toBe('wbc-knn@1.1.0');
    expect((await put(null)).status).toBe(200);
    await waitUntil(
      'both follow the champion',
      async () => (await modelAt(0)) === 'wbc-knn@1.0.0' && (await modelAt(1)) === 'wbc-knn@1.0.0',
    );
  });

  test("running processes accept and revoke an operator's key in the store without a deployment", async () => {
    const key = await runScript('make-key', '--tenant', 'new-lab', '--role', 'admin');
    await untilBoth(200, key);
    const listed = (await (await call(1, 'GET', '/v1/api-keys', bearer(key))).json()) as { data: object[] };
    expect(listed.data).toMatchObject([{ id: 'k1', role: 'admin', source: 'file' }]);
    expect((await call(0, 'DELETE', '/v1/api-keys/k1', bearer(key))).status).toBe(409);
    await runScript('revoke-key', '--tenant', 'new-lab', '--key', 'k1');
    await untilBoth(401, key);
    expect(await statusAt(1, bootstrap.key)).toBe(200);
  });

  test('concurrent commands lose no key', async () => {
    const made = await Promise.all(
      [1, 2, 3].map(() => runScript('make-key', '--tenant', 'busy-lab', '--role', 'member')),
    );
    for (const key of made) await untilBoth(200, key);
    expect(new Set(made).size).toBe(3);
  });
});
