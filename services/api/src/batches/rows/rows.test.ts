import { ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../../test/src/support/redis-process';
import { RunningApi } from '../../../test/running-api';
import { RateLimit } from '../../tenants/rate-limit';
import { type Kind, MODEL, storeBatch as store } from '../../../test/stored-batch';

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

const storeBatch = (shards: Kind[][], options?: Parameters<typeof store>[2]) => store(api, shards, options);

interface Page {
  data: { row: number; sample_id: string; result?: { predicted_class: string }; error?: object }[];
  has_more: boolean;
  last_id: string | null;
}
const list = async (id: string, query = '') => {
  const response = await api.fetch(`/v1/batches/${id}/rows${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};
const search = async (id: string, body: object) => {
  const response = await api.fetch(`/v1/batches/${id}/rows/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Page };
};
const rowsOf = ({ data }: Page) => data.map(({ row }) => row);
const statusOf = async (id: string, rest: string) => (await api.fetch(`/v1/batches/${id}${rest}`)).status;

test('rows of failed shards are read from the input, with their error, in input order', async () => {
  const id = await storeBatch([['benign', 'rejected'], ['benign', 'benign'], ['malignant']], { failed: [1] });
  const page = await list(id);
  expect(rowsOf(page)).toEqual([1, 2, 3, 4, 5]);
  expect(page.data[1]).toMatchObject({ error: { status: 'rejected', code: 'out-of-range', detail: 'V1 is wrong' } });
  expect(page.data[3]).toMatchObject({ row: 4, sample_id: 'r4', error: { status: 'failed', code: 'shard-failed' } });
  expect(page.data[4]).toEqual({
    row: 5,
    line: null,
    sample_id: 'r5',
    features: expect.objectContaining({ clump_thickness: 5, bare_nuclei: null, mitoses: 1 }),
    result: {
      predicted_class: 'malignant',
      probability_malignant: 0.98,
      outcome: 'confident',
      reasons: [],
      missing_features: ['bare_nuclei'],
    },
  });
  expect(await statusOf(id, '/rows/4')).toBe(200);
});

test('pages continue across shards, and the last page says that no more follow', async () => {
  const id = await storeBatch([['benign', 'benign'], ['benign', 'benign'], ['benign']]);
  const first = await list(id, '?limit=3');
  expect([rowsOf(first), first.has_more, first.last_id]).toEqual([[1, 2, 3], true, '3']);
  const second = await list(id, '?limit=3&after=3');
  expect([rowsOf(second), second.has_more, second.last_id]).toEqual([[4, 5], false, '5']);
  expect(await list(id, '?after=5')).toEqual({ data: [], has_more: false, last_id: null });
});

test('a filter reads the counts of all shards, and only the rows of shards that can match', async () => {
  const shards = Array.from({ length: 60 }, (): Kind[] => ['benign', 'rejected']);
  shards[17] = ['indeterminate', 'malignant'];
  shards[44] = ['benign', 'indeterminate'];
  const id = await storeBatch(shards);
  const read = jest.spyOn(api.store, 'get');
  expect(rowsOf(await list(id, '?outcome=indeterminate'))).toEqual([35, 90]);
  const whole = read.mock.calls.filter(([key]) => key.endsWith('.shard'));
  read.mockRestore();
  expect(whole.map(([key]) => ObjectKeys.parseShardKey(key)?.shard)).toEqual([17, 44]);
  expect(rowsOf(await list(id, '?predicted_class=malignant'))).toEqual([36]);
  expect(rowsOf(await list(id, '?predicted_class=malignant&outcome=indeterminate'))).toEqual([]);
  expect(rowsOf(await list(id, '?outcome=indeterminate&after=35'))).toEqual([90]);
  expect(rowsOf(await list(id, '?outcome=confident&limit=2&after=116'))).toEqual([117, 119]);
});

test('rows are filtered by the reason of an undecided result, over the whole batch', async () => {
  const id = await storeBatch([
    ['indeterminate', 'benign'],
    ['benign', 'rejected'],
    ['unusual', 'indeterminate'],
  ]);
  expect(rowsOf(await list(id, '?reason=unusual_record'))).toEqual([5]);
  expect(rowsOf(await list(id, '?reason=grey_zone'))).toEqual([1, 5, 6]);
  expect(rowsOf(await list(id, '?reason=grey_zone&outcome=confident'))).toEqual([]);
  expect(rowsOf((await search(id, { id_prefix: 'r6', reason: 'unusual_record' })).json)).toEqual([]);
});

test('a request ends after a maximum number of shards with a short page, and the next one continues there', async () => {
  const id = await storeBatch(Array.from({ length: 45 }, (): Kind[] => ['benign', 'benign']));
  const first = await search(id, { id_prefix: 'r89' });
  expect(first.json).toEqual({ data: [], has_more: true, last_id: '80' });
  const second = await search(id, { id_prefix: 'r89', after: first.json.last_id });
  expect([rowsOf(second.json), second.json.has_more]).toEqual([[89], false]);
});

test('rows are found by the beginning of their identifier, alone or with a filter', async () => {
  const id = await storeBatch([['benign', 'malignant'], Array<Kind>(10).fill('benign')]);
  expect(rowsOf((await search(id, { id_prefix: 'r1' })).json)).toEqual([1, 10, 11, 12]);
  expect(rowsOf((await search(id, { id_prefix: 'r2', outcome: 'confident' })).json)).toEqual([2]);
  expect((await search(id, { id_prefix: 'R2' })).json.data).toEqual([]);
  expect((await search(id, { id_prefix: '' })).status).toBe(422);
  expect((await search(id, { id_prefix: 'r', limit: 101 })).status).toBe(422);
});

test('other requests are answered while a search looks at rows', async () => {
  const id = await storeBatch([Array<Kind>(20_000).fill('benign')]);
  const order: string[] = [];
  let health: Promise<unknown> | undefined;
  const get = api.store.get.bind(api.store);
  const reading = jest.spyOn(api.store, 'get').mockImplementation(async (key, buffer) => {
    const bytes = await get(key, buffer);
    if (key.endsWith('.shard')) health = api.fetch('/health/live').then(() => order.push('health'));
    return bytes;
  });
  // Every row has a 5, and no identifier begins with it.
  expect((await search(id, { id_prefix: '5' })).json.data).toEqual([]);
  order.push('search');
  await health;
  reading.mockRestore();
  expect(order).toEqual(['health', 'search']);
});

test('a request looks at a limited number of rows, and the next request goes on after them', async () => {
  const shard = Array<Kind>(70_000).fill('benign');
  const id = await storeBatch([shard, shard, shard, ['malignant']]);
  const first = await search(id, { id_prefix: '5' });
  expect(first.json).toEqual({ data: [], has_more: true, last_id: '210000' });
  const second = await search(id, { id_prefix: '5', after: first.json.last_id });
  expect(second.json).toEqual({ data: [], has_more: false, last_id: null });
});

test('the shards that a request reads are charged to the tenant', async () => {
  const id = await storeBatch(Array.from({ length: 64 }, (): Kind[] => ['benign']));
  const charged = async (query: string) => {
    const charge = jest.spyOn(RateLimit.prototype, 'addCost');
    await list(id, query);
    const units = charge.mock.calls.reduce((sum, [, cost]) => sum + cost, 0);
    charge.mockRestore();
    return units;
  };
  expect(await charged('?outcome=indeterminate')).toBe(4);
  // The shard, and its rows in the input, of which the physical lines are counted.
  expect(await charged('?limit=1')).toBe(3);
});

test('a canceled batch has the rows that were scored', async () => {
  const id = await storeBatch([['benign'], ['benign'], ['benign']], { status: 'canceled', absent: [1] });
  expect(rowsOf(await list(id))).toEqual([1, 3]);
  expect(await statusOf(id, '/rows/2')).toBe(404);
});

test('a damaged or missing shard is reported, and other rows can be read', async () => {
  const id = await storeBatch([['benign'], ['benign'], ['benign']], { absent: [2] });
  await api.store.put(ObjectKeys.shard(api.tenant, id, 1, MODEL), Buffer.from('{"format":3'));
  const statuses = [await statusOf(id, '/rows/1'), await statusOf(id, '/rows/2'), await statusOf(id, '/rows/3')];
  expect(statuses).toEqual([200, 409, 409]);
});

test('values of a damaged input are never shown as those that were scored', async () => {
  const id = await storeBatch([['benign'], ['benign']], { failed: [1] });
  const key = ObjectKeys.batchInput(api.tenant, id);
  const input = (await api.store.get(key)).toString();
  await api.store.put(key, Buffer.from(input.replaceAll(',5,', ',6,')));
  const row = (await (await api.fetch(`/v1/batches/${id}/rows/1`)).json()) as object;
  expect(row).toMatchObject({ line: null, features: { clump_thickness: 5 } });
  expect(await statusOf(id, '/rows/2')).toBe(409);
});

test.each(['0', '2', '-1', '1.0', 'x', '99999999999'])('there is no row %s', async (row) => {
  const id = await storeBatch([['benign']]);
  expect(await statusOf(id, `/rows/${row}`)).toBe(404);
});

test('an unfinished batch has no rows', async () => {
  const id = await storeBatch([['benign']]);
  await api.store.delete(ObjectKeys.runManifest(api.tenant, id, 1));
  const response = await api.fetch(`/v1/batches/${id}/rows`);
  expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([
    409,
    'urn:cytoqueue:problem:results-not-ready',
  ]);
});

test('another tenant cannot read the rows', async () => {
  const id = await storeBatch([['benign']]);
  api.assignKeys();
  const answers = [
    await statusOf(id, '/rows'),
    await statusOf(id, '/rows/1'),
    (await search(id, { id_prefix: 'r' })).status,
  ];
  expect(answers).toEqual([404, 404, 404]);
});
