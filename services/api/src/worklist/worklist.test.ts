import { ObjectKeys, batchDocumentShape, readDocument, sealDocument } from '@cytoqueue/records';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';
import { type Kind, MODEL, storeBatch } from '../../test/stored-batch';

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

interface Page {
  data: { id: string }[];
  has_more: boolean;
  last_id: string | null;
}

const list = async (query = '') => {
  const response = await api.fetch(`/v1/worklist${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};
const idsOf = async (query = '') => (await list(query)).data.map(({ id }) => id);
const review = (path: string) =>
  api.fetch(`${path}/reviews`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ decision: 'other' }),
  });

async function scored(outcome: 'confident' | 'indeterminate'): Promise<string> {
  const id = await api.predict(RECORD);
  const result = { outcome, reasons: outcome === 'confident' ? [] : ['grey_zone'], probability_malignant: 0.25 };
  await api.store.put(ObjectKeys.predictionCompletion(api.tenant, id), sealDocument({ status: 'succeeded', result }));
  return id;
}

/** Every page of the list, one item at a time. */
async function walk(query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ;) {
    const { data, has_more, last_id } = await list(`?limit=1${query}${after}`);
    ids.push(...data.map(({ id }) => id));
    if (!has_more) return ids;
    after = `&after=${last_id}`;
  }
}

test('lists records and rows without a review, newest record or batch first, in input order within a batch', async () => {
  const oldest = await scored('indeterminate');
  const batch = await storeBatch(api, [
    ['indeterminate', 'benign'],
    ['rejected', 'indeterminate'],
  ]);
  const confident = await scored('confident');
  const newest = await scored('indeterminate');
  await api.predict(RECORD); // It is queued, so there is nothing to review.
  const indeterminate = [newest, `${batch}.1`, `${batch}.4`, oldest];
  expect(await idsOf('?outcome=indeterminate')).toEqual(indeterminate);
  expect(await walk('&outcome=indeterminate')).toEqual(indeterminate);
  const all = [newest, confident, `${batch}.1`, `${batch}.2`, `${batch}.4`, oldest];
  expect(await idsOf()).toEqual(all);
  expect(await walk('')).toEqual(all);
  expect((await list('?outcome=indeterminate&limit=2')).data).toEqual([
    {
      id: newest,
      prediction_id: newest,
      sample_id: null,
      outcome: 'indeterminate',
      reasons: ['grey_zone'],
      probability: 0.25,
      created_at: expect.any(String),
    },
    {
      id: `${batch}.1`,
      batch_id: batch,
      row: 1,
      filename: null,
      sample_id: 'r1',
      outcome: 'indeterminate',
      reasons: ['grey_zone'],
      probability: 0.25,
      created_at: expect.any(String),
    },
  ]);
});

test('a review takes its record or row off the list', async () => {
  const [record, batch] = [
    await scored('indeterminate'),
    await storeBatch(api, [['indeterminate', 'indeterminate', 'indeterminate']]),
  ];
  expect((await review(`/v1/batches/${batch}/rows/2`)).status).toBe(201);
  expect(await idsOf()).toEqual([`${batch}.1`, `${batch}.3`, record]);
  expect((await review(`/v1/predictions/${record}`)).status).toBe(201);
  expect(await idsOf()).toEqual([`${batch}.1`, `${batch}.3`]);
});

test('a page that had to read very many items ends early, and later pages reach the rest', async () => {
  const record = await scored('indeterminate');
  const shards = Array.from({ length: 450 }, (): Kind[] => ['rejected']);
  shards[449] = ['benign'];
  const batch = await storeBatch(api, shards);
  const first = await list();
  expect([first.data, first.has_more]).toEqual([[], true]);
  const ids: string[] = [];
  for (let page = first; page.has_more;) {
    page = await list(`?after=${page.last_id}`);
    ids.push(...page.data.map(({ id }) => id));
  }
  expect(ids).toEqual([`${batch}.450`, record]);
});

test('a damaged or unfinished batch hides no other item', async () => {
  const record = await scored('indeterminate');
  const [damaged, unfinished] = [await storeBatch(api, [['benign']]), await storeBatch(api, [['benign']])];
  await api.store.put(ObjectKeys.shard(api.tenant, damaged, 0, MODEL), Buffer.from('{"format":3'));
  await api.store.delete(ObjectKeys.runManifest(api.tenant, unfinished, 1));
  expect(await idsOf()).toEqual([record]);
});

test('reviews that cannot be read, and a batch whose model is lost, hide no other item', async () => {
  const record = await scored('indeterminate');
  const [batch, lost] = [await storeBatch(api, [['benign', 'benign']]), await storeBatch(api, [['benign']])];
  for (const path of [`/v1/predictions/${record}`, `/v1/batches/${batch}/rows/2`]) await review(path);
  for (const id of [record, batch])
    replaceByLinkLoop(api.store.url, ObjectKeys.resourceReviewsFolder(api.tenant, id).slice(0, -1));
  const key = ObjectKeys.batchDocument(api.tenant, lost);
  const { model, ...document } = await readDocument(api.store, key, batchDocumentShape);
  await api.store.put(key, sealDocument({ ...document, model: { ...model, version: '0.0.9' } }));
  expect(await idsOf()).toEqual([`${batch}.1`, `${batch}.2`, record]);
});

test('of the reviews of a batch no more are listed than a page needs', async () => {
  const batch = await storeBatch(api, [Array<Kind>(5).fill('benign')]);
  for (const row of [1, 2, 4]) await review(`/v1/batches/${batch}/rows/${row}`);
  expect(await idsOf(`?after=${batch}.1`)).toEqual([`${batch}.3`, `${batch}.5`]);
  const listed = jest.spyOn(api.store, 'list');
  expect(await idsOf(`?limit=1&after=${batch}.4`)).toEqual([`${batch}.5`]);
  const from = listed.mock.calls.map(([options]) => options.startAfter);
  listed.mockRestore();
  expect(from).toContain(ObjectKeys.rowReviewsFolder(api.tenant, batch, 4));
});

test('another tenant has a separate list, and operators have none', async () => {
  await scored('indeterminate');
  expect((await api.fetch('/v1/worklist', { role: 'operator' })).status).toBe(403);
  api.assignKeys();
  expect(await list()).toEqual({ data: [], has_more: false, last_id: null });
});

test.each(['?after=x', '?after=batch_01', '?outcome=benign', '?limit=0', '?sample_id=x'])(
  '%s is refused',
  async (query) => {
    expect((await api.fetch(`/v1/worklist${query}`)).status).toBe(422);
  },
);
