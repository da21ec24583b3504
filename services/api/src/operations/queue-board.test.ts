import type { AuditEvent } from '@cytoqueue/records';
import { listAll } from '@cytoqueue/storage';
import { Redis } from 'ioredis';
import { rawRequest } from '../../../../test/src/support/raw-request';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { spellingsOf } from '../../../../test/src/support/spellings';
import { type KeyName, RECORD, RunningApi } from '../../test/running-api';
import { boardOperation } from './queue-board-operations';

const BASE = '/admin/queues';
/** A patient's name, which no route of the board may write to Redis. */
const NAME = 'Jane Doe';
const BODY = JSON.stringify({
  name: NAME,
  data: { patient: NAME },
  options: {},
  jobData: { patient: NAME },
  force: true,
  delay: 1,
  priority: 1,
  concurrency: 1,
  max: 1,
  duration: 1,
});

let redis: RedisProcess;
let client: Redis;
let api: RunningApi;
let id: string;

beforeAll(async () => {
  redis = await RedisProcess.start();
  client = new Redis(redis.url);
});

beforeEach(async () => {
  await client.flushall();
  api = await RunningApi.start(redis.url);
  id = await api.predict(RECORD);
});

afterEach(() => api.stop());

afterAll(async () => {
  client.disconnect();
  await redis?.down();
});

const call = (role: KeyName, path: string, method = 'GET') => api.fetch(BASE + path, { role, method });

/** The state in Redis that the board could change, without what changes by itself. */
async function contents(): Promise<string> {
  const keys = (await client.keys('*')).filter((key) => /:(predictions|shards|finalize|trainings):/.test(key)).sort();
  return JSON.stringify(
    await Promise.all(
      keys.map(async (key) => [
        key,
        await client.dump(key).catch(() => null),
        (await client.type(key)) === 'hash' ? await client.hgetall(key) : null,
      ]),
    ),
  );
}

async function actions(): Promise<unknown[]> {
  await api.audit.flush();
  let lines = '';
  for await (const { key } of listAll(api.store, 'audit/')) lines += (await api.store.get(key)).toString();
  const events = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent);
  return events
    .filter(({ action }) => action === 'queue.change')
    .map(({ actor, resource, outcome }) => ['key_id' in actor && actor.key_id, resource, outcome]);
}

test('opens for platform keys only and loads nothing from other hosts', async () => {
  const page = await call('platform', '/');
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('Cytoqueue');
  expect(html).not.toMatch(/(src|href)="https?:/);
  for (const role of ['member', 'operator', 'admin'] as const) {
    for (const path of ['', '/', '/api/queues', '/static/favicon.ico', '/nonesuch'])
      expect([role, path, (await call(role, path)).status]).toEqual([role, path, 403]);
  }
});

test('shows the queues, whose jobs contain ids only', async () => {
  const text = await (await call('platform', '/api/queues?activeQueue=predictions&status=waiting')).text();
  expect((JSON.parse(text) as { queues: { name: string }[] }).queues.map(({ name }) => name)).toEqual([
    'predictions',
    'shards',
    'finalize',
    'trainings',
  ]);
  expect(text).toContain(id);
  for (const feature of Object.keys(RECORD)) expect(text).not.toContain(feature);
  expect((await call('platform', `/api/queues/predictions/${id}`)).status).toBe(200);
});

test('pauses and resumes for platform keys, and audits changes and denials', async () => {
  const pause = (role: KeyName) => call(role, '/api/queues/shards/pause', 'PUT');
  expect((await pause('admin')).status).toBe(403);
  expect((await pause('platform')).status).toBe(200);
  const queues = (
    (await (await api.fetch('/v1/queue', { role: 'operator' })).json()) as {
      queues: { name: string; paused: boolean }[];
    }
  ).queues;
  expect(queues.filter(({ paused }) => paused).map(({ name }) => name)).toEqual(['shards']);
  expect((await call('platform', `/api/queues/${encodeURIComponent(NAME)}/add`, 'POST')).status).toBe(403);
  expect(await actions()).toEqual([
    ['admin', 'PUT /admin/queues/api/queues/shards/pause', 'denied'],
    ['platform', 'PUT /admin/queues/api/queues/shards/pause', 'done'],
    ['platform', 'POST /admin/queues/?', 'denied'],
  ]);
});

/** The routes of the installed board, so that routes of a later version are tested too. */
const { appRoutes } = jest.requireActual<{
  appRoutes: { api: { method: string | string[]; route: string | string[] }[] };
}>('@bull-board/api/dist/routes.js');
const boardRoutes = () =>
  appRoutes.api.flatMap(({ method, route }) =>
    [method].flat().map((verb) => ({
      method: verb.toUpperCase(),
      path: [route]
        .flat()[0]!
        .replace(':queueName', 'predictions')
        .replace(':jobId', id)
        .replace(':queueStatus', 'waiting')
        .replace(':schedulerId', 's'),
    })),
  );

test('no route of the board that writes, changes or removes a job is reachable, in any spelling', async () => {
  const before = await contents();
  const writing = boardRoutes().filter(
    ({ method, path }) => method !== 'GET' && boardOperation(method, path) === undefined,
  );
  expect(writing.length).toBeGreaterThanOrEqual(15);
  const headers = { authorization: `Bearer ${api.keyOf('platform')}`, 'content-type': 'application/json' };
  const passed: string[] = [];
  for (const { method, path } of writing) {
    for (const target of [BASE + path, ...spellingsOf(BASE + path)]) {
      const { status } = await rawRequest(api.url, { method, target, headers, body: BODY });
      if (![400, 403, 404].includes(status)) passed.push(`${method} ${target}: ${status}`);
    }
    for (const override of ['PUT', 'POST', 'PATCH']) {
      const overridden = {
        ...headers,
        'x-http-method-override': override,
        'x-http-method': override,
        'x-method-override': override,
      };
      await rawRequest(api.url, { method: 'GET', target: `${BASE}${path}?_method=${override}`, headers: overridden });
      await rawRequest(api.url, {
        method: 'POST',
        target: `${BASE}${path}?_method=${override}`,
        headers: overridden,
        body: BODY,
      });
    }
  }
  expect(passed).toEqual([]);
  expect(await contents()).toBe(before);
  expect(JSON.stringify(await actions())).not.toContain('Jane');
});

test.each([
  ['PUT', '/api/queues/predictions/retry/promote'],
  ['PUT', '/api/queues/predictions/retry/completed'],
  ['PUT', '/api/queues/predictions/clean/promote'],
  ['PUT', '/api/queues/predictions/%70ause'],
  ['PUT', '/api/queues/pause/'],
  ['PUT', '/api/queues/canary/pause'],
  ['POST', '/api/queues/pause'],
  ['PATCH', '/api/queues/pause'],
  ['GET', '/api/queues/predictions/pred_0'.replace('predictions', 'nonesuch')],
  ['GET', '/static/../package.json'],
  ['GET', '/static/.env'],
  ['PURGE', '/api/queues'],
  ['OPTIONS', '/api/queues'],
  ['PUT', '/api/queues/predictions/pause\n'],
  ['PUT', '/API/queues/predictions/pause'],
])('%s %s is no operation of the board', (method, path) => {
  expect(boardOperation(method, path)).toBeUndefined();
});

test('delayed jobs can be promoted, one or all', () => {
  const job = 'batch_01m848f8snd7jxeg6qw100kheb.1.12';
  for (const path of [
    '/api/queues/shards/promote',
    `/api/queues/shards/${job}/promote`,
    `/api/queues/shards/${job}/retry`,
    '/api/queues/trainings/training_01m848f8snd7jxeg6qw100kheb/retry',
    '/api/queues/predictions/batch_01m848f8snd7jxeg6qw100kheb.row12/retry',
    '/api/queues/finalize/retry/failed',
    '/api/queues/resume',
  ]) {
    expect([path, boardOperation('PUT', path)]).toEqual([path, 'change']);
  }
});

test('redirects a browser to the sign-in page and sends other clients a problem', async () => {
  const open = (accept: string) => fetch(api.url + BASE, { headers: { accept }, redirect: 'manual' });
  const person = await open('text/html,application/xhtml+xml');
  expect([person.status, person.headers.get('location'), person.headers.get('vary')]).toEqual([
    303,
    '/sign-in',
    'Accept',
  ]);
  expect((await open('application/json')).status).toBe(401);
});
