import type { TenantLimits } from '@cytoqueue/runtime';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

beforeEach(async () => {
  api = await RunningApi.start(redis.url);
  await api.commands.flushall();
});

afterEach(() => api.stop());
afterAll(() => redis?.down());

async function post(path: string, body?: string): Promise<{ status: number; id: string }> {
  const response = await api.fetch(path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
  return { status: response.status, id: ((await response.json()) as { id: string }).id };
}

const file = (rows: number) => HEADER + ROW.repeat(rows);
const setLimits = (limits: TenantLimits) => api.assignKeys({ tenant: 'lab', limits });

describe('work is charged to the rate limit', () => {
  const left = async () => Number(/r=(\d+)/.exec((await api.fetch('/v1/models')).headers.get('ratelimit') ?? '')?.[1]);

  test.each<[string, () => Promise<unknown>, number]>([
    ['a dry run by its rows', () => post('/v1/batches?dry_run=true', file(4_500)), 5 + 5],
    [
      'a dry run that is refused at its end, by the rows it read',
      () => post('/v1/batches?dry_run=true', `${file(4_500)}"open`),
      5 + 5,
    ],
    [
      'an upload that is refused at its end, by the rows it read',
      () => post('/v1/batches', `${file(4_500)}"open`),
      5 + 5,
    ],
  ])('%s', async (_, work, units) => {
    setLimits({ units_per_minute: 1_000 });
    const before = await left();
    await work();
    expect(before - (await left())).toBe(units + 1);
  });

  test('a rescore like its upload', async () => {
    setLimits({ units_per_minute: 1_000 });
    const { id } = await post('/v1/batches', file(4_500));
    const before = await left();
    expect((await post(`/v1/batches/${id}/rescore`)).status).toBe(202);
    expect(before - (await left())).toBe(5 + 5 + 1);
  });

  test('a list filtered by a rare status, by the number of resources read', async () => {
    for (let count = 0; count < 45; count++) await post('/v1/batches', file(1));
    setLimits({ units_per_minute: 1_000 });
    const before = await left();
    expect((await api.fetch('/v1/batches?status=failed&limit=20')).status).toBe(200);
    expect(before - (await left())).toBeGreaterThan(1 + 1);
  });
});

test.each([
  ['a rescore', (id: string) => post(`/v1/batches/${id}/rescore`)],
  ['a dry run', () => post('/v1/batches?dry_run=true', file(1))],
])('%s counts as a concurrent upload', async (_, work) => {
  setLimits({ concurrent_uploads: 1 });
  const { id } = await post('/v1/batches', file(1));
  const { sending, answered } = api.openRequest('/v1/batches', {
    'content-type': 'text/csv',
    'transfer-encoding': 'chunked',
  });
  sending.write(HEADER);
  await waitUntil(
    'the only concurrent upload is running',
    async () => (await post('/v1/batches', file(1))).status === 429,
  );
  expect((await work(id)).status).toBe(429);
  sending.end(ROW);
  expect((await answered).statusCode).toBe(202);
});
