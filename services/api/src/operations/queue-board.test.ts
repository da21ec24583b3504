import { type AuditEvent, listAll } from '@cytoqueue/storage';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';

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

type Role = 'member' | 'operator' | 'admin';
const call = (role: Role, path: string, method = 'GET') => api.fetch(`/admin/queues${path}`, { role, method });
const pause = (role: Role) => call(role, '/api/queues/shards/pause', 'PUT');

async function actions(): Promise<unknown[]> {
  await api.audit.flush();
  let lines = '';
  for await (const { key } of listAll(api.store, 'audit/')) lines += (await api.store.get(key)).toString();
  const events = lines.trimEnd().split('\n').map((line) => JSON.parse(line) as AuditEvent);
  return events.filter(({ action }) => action === 'queue.change').map(({ actor, action, resource, outcome }) => ['key_id' in actor && actor.key_id, action, resource, outcome]);
}

test('is for operators and admins, from this host alone', async () => {
  const page = await call('operator', '/');
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('Cytoqueue');
  expect(html).not.toMatch(/(src|href)="https?:/);
  expect((await call('member', '/')).status).toBe(403);
  expect((await call('admin', '/')).status).toBe(200);
});

test('shows the queues, whose jobs hold ids only', async () => {
  const id = await api.predict(RECORD);
  const response = await call('operator', '/api/queues?activeQueue=predictions&status=waiting');
  const text = await response.text();
  expect((JSON.parse(text) as { queues: { name: string; readOnlyMode: boolean }[] }).queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
    ['predictions', true], ['shards', true], ['finalize', true],
  ]);
  expect(text).toContain(id);
  for (const feature of Object.keys(RECORD)) expect(text).not.toContain(feature);
});

test('lets admins act, operators not, nobody write into a job, and leaves a trace', async () => {
  expect((await pause('operator')).status).toBe(403);
  expect((await pause('admin')).status).toBe(200);
  const queues = ((await (await api.fetch('/v1/queue', { role: 'admin' })).json()) as { queues: { name: string; paused: boolean }[] }).queues;
  expect(queues.filter(({ paused }) => paused).map(({ name }) => name)).toEqual(['shards']);
  expect((await call('admin', '/api/queues/shards/add', 'POST')).status).toBe(403);
  expect(await actions()).toEqual([
    ['operator', 'queue.change', 'PUT /admin/queues/api/queues/shards/pause', 'denied'],
    ['admin', 'queue.change', 'PUT /admin/queues/api/queues/shards/pause', 'done'],
    ['admin', 'queue.change', 'POST /admin/queues/api/queues/shards/add', 'denied'],
  ]);
});

test('shows a person where to sign in, and tells a program what is missing', async () => {
  const open = (accept: string) => fetch(`${api.url}/admin/queues`, { headers: { accept }, redirect: 'manual' });
  const person = await open('text/html,application/xhtml+xml');
  expect([person.status, person.headers.get('location')]).toEqual([303, '/sign-in']);
  expect((await open('application/json')).status).toBe(401);
});
