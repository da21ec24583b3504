import { ObjectKeys, type PredictionCompletion } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;
/** Oldest first. */
const ids: string[] = [];
const CANCELED: PredictionCompletion = { status: 'canceled' };

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  for (let i = 0; i < 25; i++) ids.push(await api.predict(RECORD));
  const everyFourth = ids.filter((_, i) => i % 4 === 0);
  await Promise.all(
    everyFourth.map((id) =>
      api.store.putOnce(ObjectKeys.predictionCompletion(api.tenant, id), Buffer.from(JSON.stringify(CANCELED))),
    ),
  );
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

interface Page {
  data: { id: string; status: string }[];
  has_more: boolean;
  last_id: string | null;
}

async function get(path: string): Promise<{ page: Page; next: string | undefined; status: number }> {
  const response = await api.fetch(path);
  return {
    page: (await response.json()) as Page,
    next: /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1],
    status: response.status,
  };
}

async function walk(first: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let path: string | undefined = first; path !== undefined;) {
    const { page, next } = await get(path);
    expect(page.has_more).toBe(next !== undefined);
    expect(page.last_id).toBe(page.data.at(-1)?.id ?? null);
    pages.push(page);
    path = next;
  }
  return pages;
}

const idsOf = (pages: Page[]) => pages.flatMap(({ data }) => data.map(({ id }) => id));

test.each([1, 4, 7, 24, 25, 26, 100])('pages of %i contain every prediction once, newest first', async (limit) => {
  const pages = await walk(`/v1/predictions?limit=${limit}`);
  expect(idsOf(pages)).toEqual([...ids].reverse());
  expect(pages).toHaveLength(Math.ceil(ids.length / limit));
});

test.each([1, 2, 3, 6, 7, 8])(
  'pages of %i with a status contain only matching predictions, and all but the last are full',
  async (limit) => {
    const pages = await walk(`/v1/predictions?status=canceled&limit=${limit}`);
    expect(idsOf(pages)).toEqual(ids.filter((_, i) => i % 4 === 0).reverse());
    expect(pages).toHaveLength(Math.ceil(7 / limit));
    expect(pages.flatMap(({ data }) => data).every(({ status }) => status === 'canceled')).toBe(true);
  },
);

test('a status without predictions gives one empty page', async () => {
  expect(await walk('/v1/predictions?status=failed')).toEqual([{ data: [], has_more: false, last_id: null }]);
});

test('continues after a deleted id', async () => {
  const gone = ids[10] as string;
  await api.store.delete(ObjectKeys.predictionRequest(api.tenant, gone));
  const { page } = await get(`/v1/predictions?limit=2&after=${gone}`);
  expect(page.data.map(({ id }) => id)).toEqual([ids[9], ids[8]]);
  expect(idsOf(await walk('/v1/predictions?limit=5'))).not.toContain(gone);
});

test.each([
  'limit=0',
  'limit=101',
  'limit=x',
  'after=x',
  'after=batch_01m848f8snd7jxeg6qw100kheb',
  'after=pred_01M848F8SND7JXEG6QW100KHEB',
  'after=pred_81m848f8snd7jxeg6qw100kheb',
  'status=lost',
  'color=red',
])('?%s is refused', async (query) => {
  expect((await get(`/v1/predictions?${query}`)).status).toBe(422);
});
