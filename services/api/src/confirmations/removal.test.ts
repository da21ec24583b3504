import { ConfirmationKeys, type DamageReport, createId } from '@cytoqueue/records';
import { listAll } from '@cytoqueue/storage';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';
import { storePrediction } from '../../test/stored-prediction';
import { RetentionPolicy } from '../tenants/retention-policy';
import { sweep } from '../tenants/sweeper';
import { summarizeConfirmations } from './summarize';

const HOUR_MS = 3_600_000;
const alarms: string[] = [];
const damage = { report: (item: string) => void alarms.push(item) } as unknown as DamageReport;
const retention = new RetentionPolicy({ resources: 30, inputs: 30, confirmations: 365 });

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});
beforeEach(() => {
  api.assignKeys();
  alarms.length = 0;
});
afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const post = (body: object, headers: Record<string, string> = {}) =>
  api.fetch('/v1/confirmations', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ confirmed_class: 'malignant', ...body }),
  });
const remove = (id: string) => api.fetch(`/v1/confirmations/${id}`, { method: 'DELETE', role: 'admin' });
const summarize = () => summarizeConfirmations({ store: api.store, damage }, api.tenant);
const sweepAt = (nowMs: number) => sweep({ store: api.store, retention, damage }, nowMs);

async function confirm(): Promise<string> {
  const response = await post({ prediction_id: await storePrediction(api, { probability: 0.9 }) });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** The keys of the tenant's confirmations whose content names the text. */
async function keysWith(text: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(api.store, ConfirmationKeys.tenantFolder(api.tenant)))
    if ((await api.store.get(key)).toString().includes(text)) keys.push(key);
  return keys;
}

test('a deleted confirmation is gone from the replaced summary of its day too, an hour later', async () => {
  const id = await confirm();
  await summarize();
  expect((await remove(id)).status).toBe(204);
  await summarize();
  await sweepAt(Date.now());
  expect(await keysWith(id)).toHaveLength(1);
  await sweepAt(Date.now() + HOUR_MS + 60_000);
  expect(await keysWith(id)).toEqual([]);
  const response = await api.fetch('/v1/performance');
  expect([response.status, alarms]).toEqual([200, []]);
});

test('a damaged confirmation can be deleted, and leaves the summary that it is in', async () => {
  const [id, other] = [await confirm(), await confirm()];
  await summarize();
  await api.store.put(ConfirmationKeys.entry(api.tenant, id), Buffer.from('{"id":'));
  expect((await api.fetch(`/v1/confirmations/${id}`)).status).toBe(409);
  expect((await remove(id)).status).toBe(204);
  expect((await remove(id)).status).toBe(404);
  await summarize();
  await sweepAt(Date.now() + HOUR_MS + 60_000);
  expect(await keysWith(id)).toEqual([]);
  expect(await keysWith(other)).toHaveLength(2);
  const audit = await (await api.fetch('/v1/audit', { role: 'admin' })).text();
  expect(audit).toContain(`"action":"confirmation.delete","resource":"confirmations/${id}","outcome":"done"`);
});

test('a day whose summary is damaged does not keep the summaries of other days', async () => {
  const [damagedId, id] = [await confirm(), await confirm()];
  const folder = ConfirmationKeys.dayFolder(api.tenant, '2020-01-01');
  await api.store.put(`${folder}00001.json`, Buffer.from('{"confirmations":'));
  await api.store.put(
    ConfirmationKeys.change(api.tenant, { day: '2020-01-01', id: damagedId, kind: 'added' }),
    Buffer.alloc(0),
  );
  await summarize();
  expect(alarms).toEqual([folder]);
  expect(await keysWith(id)).toHaveLength(2);
});

test('a damaged confirmation is removed when it has expired', async () => {
  const id = createId('conf_', Date.now() - 366 * 24 * HOUR_MS);
  const key = ConfirmationKeys.entry(api.tenant, id);
  await api.store.put(key, Buffer.from('{"id":'));
  await sweepAt(Date.now() - 24 * HOUR_MS);
  expect(await api.store.head(key)).toBeDefined();
  await sweepAt(Date.now() + HOUR_MS);
  expect([await api.store.head(key), alarms]).toEqual([undefined, []]);
});

test('a repeated request does not bring a deleted confirmation back', async () => {
  const prediction_id = await storePrediction(api, { probability: 0.9 });
  const send = (key: string) => post({ prediction_id }, { 'idempotency-key': key });
  const { id } = (await (await send('once')).json()) as { id: string };
  await remove(id);
  expect((await send('once')).status).toBe(404);
  expect((await api.fetch(`/v1/confirmations/${id}`)).status).toBe(404);
  const csv = `prediction_id,confirmed_class\n${prediction_id},benign\n`;
  const sendFile = async () => {
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'file' };
    return (await api.fetch('/v1/confirmations', { method: 'POST', headers, body: csv })).json();
  };
  expect(await sendFile()).toMatchObject({ accepted: 1 });
  const list = (await (await api.fetch('/v1/confirmations')).json()) as { data: { id: string }[] };
  await remove(list.data[0]?.id ?? '');
  expect(await sendFile()).toMatchObject({ accepted: 0, rejected: 1, errors: [{ row: 1, code: 'not-found' }] });
  expect((await send('again')).status).toBe(201);
  await sweepAt(Date.now() + 366 * 24 * HOUR_MS);
  for await (const { key } of listAll(api.store, ConfirmationKeys.tenantFolder(api.tenant)))
    expect(key).toContain('/changes/');
});
