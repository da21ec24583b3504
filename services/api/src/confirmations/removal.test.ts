import { ConfirmationKeys, type DamageReport } from '@cytoqueue/records';
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
