import { ObjectKeys, sealDocument } from '@cytoqueue/records';
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

const headers = { 'content-type': 'application/json' };
const create = async (idempotencyKey?: string) => {
  const response = await api.fetch('/v1/predictions', {
    method: 'POST',
    headers: { ...headers, ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) },
    body: JSON.stringify({ features: RECORD, sample_id: 'slide' }),
  });
  return ((await response.json()) as { id: string }).id;
};
const cancel = (id: string) => api.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
const remove = async (id: string) => (await api.fetch(`/v1/predictions/${id}`, { method: 'DELETE' })).status;
const read = async (id: string) => (await api.fetch(`/v1/predictions/${id}`)).status;
const filesOf = async (id: string) => (await api.files()).filter((file) => file.includes(id));

test('deleting a finished record removes all its objects and list entries', async () => {
  const [id, other] = [await create(), await create()];
  await cancel(id);
  expect(await remove(id)).toBe(204);
  expect([await read(id), await remove(id), await filesOf(id)]).toEqual([404, 404, []]);
  const { data } = (await (await api.fetch('/v1/predictions')).json()) as { data: { id: string }[] };
  expect(data.map((record) => record.id)).toEqual([other]);
});

test('an unfinished record cannot be deleted', async () => {
  const id = await create();
  const before = await filesOf(id);
  expect(await remove(id)).toBe(409);
  expect([await read(id), await filesOf(id)]).toEqual([200, before]);
});

test('the idempotency key of a deleted record creates a new record', async () => {
  const id = await create('k');
  await cancel(id);
  expect(await create('k')).toBe(id);
  await remove(id);
  const next = await create('k');
  expect(next).not.toBe(id);
  expect(await read(next)).toBe(200);
  expect(await create('k')).toBe(next);
});

test('the response does not contain the idempotency key’s digest', async () => {
  const id = await create('k');
  expect(await (await api.fetch(`/v1/predictions/${id}`)).json()).not.toHaveProperty('idempotency_sha256');
});

test('a record whose marker remains is not scored again after its deletion', async () => {
  const id = await create();
  await cancel(id);
  await api.store.put(ObjectKeys.pending(api.tenant, id), Buffer.alloc(0));
  expect([await remove(id), await filesOf(id)]).toEqual([204, []]);
});

test.each(['request.json', 'result.json'])('a record whose %s is damaged can be deleted', async (name) => {
  const id = await create();
  await api.store.put(
    ObjectKeys.predictionCompletion(api.tenant, id),
    sealDocument({ status: 'failed', error: { code: 'x', detail: 'y' } }),
  );
  await api.store.put(`${ObjectKeys.predictionFolder(api.tenant, id)}${name}`, Buffer.from('{"id'));
  expect([await remove(id), await filesOf(id)]).toEqual([204, []]);
});

test('the deletion is audited', async () => {
  const id = await create();
  await cancel(id);
  await remove(id);
  const { data } = (await (await api.fetch('/v1/audit', { role: 'admin' })).json()) as { data: object[] };
  expect(data).toContainEqual(
    expect.objectContaining({ action: 'prediction.delete', resource: `predictions/${id}`, outcome: 'done' }),
  );
});
