import { ObjectKeys, createId, putCompletion } from '@cytoqueue/records';
import { ModelRegistry, UnknownModelError } from '@cytoqueue/registry';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';
import { IdempotencyKeys, payloadDigest } from '../tenants/idempotency';
import { predictionBody } from './openapi';

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

/** The id of a record whose key an earlier request has claimed this long ago, without storing its record. */
async function idAfterLostClaim(key: string, ageMs: number): Promise<{ claimed: string; id: string }> {
  const claimed = createId('pred_', Date.now() - ageMs);
  const payload = ['prediction', { ...predictionBody.parse({ features: RECORD }), operating_point: 'default' }];
  await new IdempotencyKeys(api.store).claim(api.tenant, key, { id: claimed, payload_sha256: payloadDigest(payload) });
  const send = async () => {
    const response = await api.fetch('/v1/predictions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ features: RECORD }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  };
  const [id, again] = [await send(), await send()];
  expect(again).toBe(id);
  expect(await api.store.head(ObjectKeys.predictionRequest(api.tenant, id))).toBeDefined();
  return { claimed, id };
}

test('a record gets the id that was claimed for it, unless records of that age are listed and counted already', async () => {
  const recent = await idAfterLostClaim('recent', 5_000);
  expect(recent.id).toBe(recent.claimed);
  const old = await idAfterLostClaim('old', 20 * 60_000);
  expect(old.id).not.toBe(old.claimed);
});

test('a repeated record is accepted again although its model can no longer be used', async () => {
  const post = async (model: string, key: string) => {
    const response = await api.fetch('/v1/predictions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ features: RECORD, model }),
    });
    return { code: response.status, id: ((await response.json()) as { id?: string }).id };
  };
  const { id } = await post('wbc-knn@1.0.0', 'record');
  const deleted = () => Promise.reject(new UnknownModelError('wbc-knn@1.0.0'));
  const loading = jest.spyOn(ModelRegistry.prototype, 'load').mockImplementation(deleted);
  const repeated = await post('wbc-knn@1.0.0', 'record');
  const others = [await post('wbc-knn@1.0.0', 'another'), await post('wbc-knn@1.1.0', 'record')];
  loading.mockRestore();
  expect(repeated).toEqual({ code: 202, id });
  expect(others.map(({ code }) => code)).toEqual([422, 422]);
});

test('repeated records that share a job get no other one, and those whose job has ended neither', async () => {
  const keys = ['shared-0', 'shared-1', 'shared-2'];
  const send = async (key: string) => {
    const response = await api.fetch('/v1/predictions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ features: RECORD }),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const { producer } = api;
  const enqueue = producer.enqueuePrediction.bind(producer);
  let arrived = 0;
  let release = (): void => undefined;
  const allArrived = new Promise<void>((resolve) => (release = resolve));
  const enqueuing = jest.spyOn(producer, 'enqueuePrediction').mockImplementation(async (job) => {
    if (++arrived === keys.length) release();
    await allArrived;
    return enqueue(job);
  });
  const ids = await Promise.all(keys.map(send));
  enqueuing.mockRestore();
  const jobsWith = async (id: string) =>
    (await producer.queues[0]?.getJobs(['wait', 'completed']))?.filter(({ data }) => JSON.stringify(data).includes(id));
  const [group] = (await jobsWith(ids[0] ?? '')) ?? [];
  expect(group?.data).toMatchObject({ predictionIds: expect.arrayContaining(ids) as unknown });
  expect(await Promise.all(keys.map(send))).toEqual(ids);
  for (const id of ids) expect(await jobsWith(id)).toHaveLength(1);
  // The job ends between the look for a completion and the look for a job.
  const canFinish = jest.spyOn(producer.singleRecords, 'canFinish').mockImplementation(async (id) => {
    await putCompletion(api.store, ObjectKeys.predictionCompletion(api.tenant, id), { status: 'canceled' });
    return false;
  });
  expect(await Promise.all(keys.map(send))).toEqual(ids);
  canFinish.mockRestore();
  for (const id of ids) expect(await jobsWith(id)).toHaveLength(1);
});
