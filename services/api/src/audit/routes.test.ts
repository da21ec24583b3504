import { ObjectKeys } from '@cytoqueue/records';
import { StoreUnavailableError, listAll } from '@cytoqueue/storage';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';
import { actionOf } from './request-audit';

interface Page {
  data: { at: string; actor: { tenant: string; key_id: string }; action: string; resource: string; outcome: string }[];
  has_more: boolean;
  last_id: string | null;
}

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

beforeEach(async () => {
  await api.audit.flush();
  api.assignKeys();
  api.logged.length = 0;
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const page = async (query = ''): Promise<Page> => {
  await api.audit.flush();
  const response = await api.fetch(`/v1/audit${query}`, { role: 'admin' });
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};

const lines = ({ data }: Page) =>
  data.map(
    ({ actor, action, resource, outcome }) =>
      `${actor.tenant === api.tenant ? 'lab' : actor.tenant}/${actor.key_id} ${action} ${resource} ${outcome}`,
  );

test('lists operations with actor, action and outcome, newest first, and repeated reads once', async () => {
  const id = await api.predict(RECORD);
  for (let read = 0; read < 3; read++) await api.fetch(`/v1/predictions/${id}`);
  await api.fetch(`/v1/predictions/${id}`, { role: 'admin' });
  await api.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
  await api.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
  await api.fetch('/v1/predictions/Jane-Roe-1961');
  await api.fetch(`/v1/batches/${id.replace('pred_', 'batch_')}`);
  await api.fetch('/v1/predictions', { role: 'operator' });
  await api.fetch('/v1/models/Jane-Roe-1961/champion', {
    method: 'POST',
    role: 'admin',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(lines(await page())).toEqual([
    'lab/admin model.promote models/? denied',
    'lab/operator predictions.list predictions denied',
    `lab/member batch.get batches/${id.replace('pred_', 'batch_')} denied`,
    'lab/member prediction.get predictions/? denied',
    `lab/member prediction.cancel predictions/${id} failed`,
    `lab/member prediction.cancel predictions/${id} done`,
    `lab/admin prediction.get predictions/${id} done`,
    `lab/member prediction.get predictions/${id} done`,
    `lab/member prediction.create predictions/${id} done`,
  ]);
});

test('the cancel of a record is stored before its response', async () => {
  const id = await api.predict(RECORD);
  expect((await api.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' })).status).toBe(200);
  const stored: string[] = [];
  for await (const { key } of listAll(api.store, ObjectKeys.auditFolder(api.tenant)))
    stored.push((await api.store.get(key)).toString());
  expect(stored.join('')).toContain('"prediction.cancel"');
});

test('a change is stored before its response and is in the log too', async () => {
  const response = await api.fetch('/v1/models/wbc-knn/champion', {
    method: 'POST',
    role: 'platform',
    headers: { 'content-type': 'application/json' },
    body: '{"version":"1.0.0"}',
  });
  expect(response.status).toBe(200);
  const keys: string[] = [];
  for await (const { key } of listAll(api.store, ObjectKeys.auditFolder(api.tenant))) keys.push(key);
  expect(keys).toEqual([expect.stringContaining('/audit_')]);
  const stored = JSON.parse((await api.store.get(keys[0] as string)).toString()) as object;
  expect(stored).toMatchObject({
    actor: { tenant: api.tenant, key_id: 'platform' },
    action: 'model.promote',
    resource: 'models/wbc-knn@1.0.0',
    outcome: 'done',
  });
  expect(api.logged.filter(({ msg }) => msg === 'audit events')).toEqual([
    expect.objectContaining({ audit: [stored] }),
  ]);
});

test('pages have no gaps or repetitions, within and across objects', async () => {
  const lab = { tenant: api.tenant, keyId: 'member' };
  for (let object = 0; object < 7; object++) {
    for (let event = 0; event < 5; event++) api.audit.append(lab, 'test', `${object}.${event}`);
    await api.audit.flush();
  }
  const seen: string[] = [];
  let query = '?limit=4';
  for (;;) {
    const { data, has_more, last_id } = await page(query);
    seen.push(...data.map(({ resource }) => resource));
    if (!has_more) break;
    query = `?limit=4&after=${last_id}`;
  }
  const expected = [6, 5, 4, 3, 2, 1, 0].flatMap((object) => [4, 3, 2, 1, 0].map((event) => `${object}.${event}`));
  expect(seen).toEqual(expected);
  await page('?after=audit_01kx0000000000000000000000.3');
});

test("shows a tenant's entries to its admins only", async () => {
  api.audit.append({ tenant: 'other', keyId: 'k1' }, 'test', 'secret');
  api.audit.append({ tenant: api.tenant, keyId: 'k1' }, 'test', 'own');
  expect((await page()).data.map(({ resource }) => resource)).toEqual(['own']);
  expect((await api.fetch('/v1/audit')).status).toBe(403);
  expect((await api.fetch('/v1/audit', { role: 'operator' })).status).toBe(403);
  expect((await api.fetch('/v1/audit?after=pred_x', { role: 'admin' })).status).toBe(422);
});

test('events wait for an unavailable store without loss or duplication', async () => {
  const putOnce = api.store.putOnce.bind(api.store);
  api.store.putOnce = () => Promise.reject(new StoreUnavailableError('away'));
  for (let event = 0; event < 150; event++) api.audit.append({ tenant: api.tenant, keyId: 'k' }, 'test', String(event));
  await api.audit.flush();
  api.audit.append({ tenant: api.tenant, keyId: 'k' }, 'test', '150');
  api.store.putOnce = putOnce;
  await api.audit.flush();
  const stored: string[] = [];
  for await (const { key } of listAll(api.store, ObjectKeys.auditFolder(api.tenant))) {
    stored.push(
      ...(await api.store.get(key))
        .toString()
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { resource: string }).resource),
    );
  }
  const all = Array.from({ length: 151 }, (_, index) => String(index));
  expect(stored).toEqual(all);
  const logged = api.logged.flatMap((line) => (line as { audit?: { resource: string }[] }).audit ?? []);
  expect(logged.map(({ resource }) => resource)).toEqual(all);
});

test.each([
  ['createPrediction', 'prediction.create'],
  ['getBatchResults', 'batch.get-results'],
  ['listModels', 'models.list'],
])('%s is audited as %s', (operationId, action) => expect(actionOf(operationId)).toBe(action));
