import type { TenantLimits } from '@cytoqueue/runtime';
import { ObjectKeys } from '@cytoqueue/records';
import { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let client: Redis;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  client = new Redis(redis.url).on('error', () => undefined);
  api = await RunningApi.start(redis.url);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  client?.disconnect();
  await api?.stop();
  await redis?.down();
});

function setLimits(target: RunningApi, limits: TenantLimits): void {
  target.assignKeys({ tenant: api.tenant, limits });
}

const list = (target = api) => target.fetch('/v1/predictions');
const upload = (rows = 1) =>
  api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW.repeat(rows),
  });
const typeOf = async (response: Response) => ((await response.json()) as { type: string }).type;
const left = (response: Response) => Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);

describe('the rate limit', () => {
  // The clock is fixed, so that the minute does not end during a slow test.
  beforeEach(() => void jest.spyOn(Date, 'now').mockReturnValue(Date.now()));
  afterEach(() => jest.restoreAllMocks());

  it('is reported in the headers, and a read costs a fifth of a write', async () => {
    setLimits(api, { units_per_minute: 100 });
    const first = await list();
    expect(first.headers.get('ratelimit-policy')).toBe('"tenant";q=100;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"tenant";r=99;t=([1-9]|[1-5]\d|60)$/);
    await api.predict(RECORD);
    expect(left(await list())).toBe(93);
  });

  it('rejects requests above it with 429 and Retry-After, for this tenant only', async () => {
    setLimits(api, { units_per_minute: 3 });
    const statuses = [];
    for (let request = 0; request < 5; request++) statuses.push((await list()).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await list();
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter >= 1 && retryAfter <= 60).toBe(true);
    expect(left(refused)).toBe(0);
    expect(await typeOf(refused)).toBe('urn:cytoqueue:problem:rate-limited');
    api.assignKeys();
    expect((await list()).status).toBe(200);
  });

  it('counts the rows of an upload after it was read', async () => {
    setLimits(api, { units_per_minute: 1_000 });
    expect((await upload(4_500)).status).toBe(202);
    expect(left(await list())).toBe(1_000 - 5 - 5 - 1);
  });

  it('applies across all processes, including a restarted one', async () => {
    setLimits(api, { units_per_minute: 10 });
    for (let request = 0; request < 10; request++) await list();
    await waitUntil('Redis knows', async () => Number(await client.get(`cytoqueue:rate:${api.tenant}`)) === 10);
    const other = await RunningApi.start(redis.url);
    try {
      setLimits(other, { units_per_minute: 10 });
      await list(other);
      const learnt = await waitUntil('the other has learnt', async () => (await list(other)).status === 429);
      expect(learnt).toBe(true);
    } finally {
      await other.stop();
    }
  });

  it('continues in memory without Redis, and a flushed Redis refunds nothing', async () => {
    const ownRedis = await RedisProcess.start();
    const own = await RunningApi.start(ownRedis.url);
    try {
      setLimits(own, { units_per_minute: 20 });
      for (let request = 0; request < 8; request++) await list(own);
      await ownRedis.down();
      let answered = 8;
      while ((await list(own)).status === 200) answered++;
      expect(answered).toBe(20);
      await ownRedis.up();
      await waitUntil('Redis is there', () => own.commands.status === 'ready');
      expect((await list(own)).status).toBe(429);
    } finally {
      await own.stop();
      await ownRedis.down();
    }
  });
});

describe('quotas', () => {
  it('limit concurrent uploads, and an aborted upload frees its place', async () => {
    setLimits(api, { concurrent_uploads: 2 });
    const open = () => api.openRequest('/v1/batches', { 'content-type': 'text/csv', 'transfer-encoding': 'chunked' });
    const uploads = [open(), open()];
    for (const { sending } of uploads) sending.write(HEADER);
    // No other upload is sent before both are active.
    await waitUntil(
      'both are being stored',
      async () => (await api.files()).filter((file) => file.startsWith('.tmp/')).length === 2,
    );
    const refused = await upload();
    expect([refused.status, refused.headers.get('retry-after'), await typeOf(refused)]).toEqual([
      429,
      '5',
      'urn:cytoqueue:problem:too-many-at-once',
    ]);
    uploads[0]?.sending.destroy();
    await waitUntil('there is room again', async () => (await upload()).status === 202);
    uploads[1]?.sending.end(ROW);
    expect((await uploads[1]?.answered)?.statusCode).toBe(202);
  });

  it('limit concurrent event streams', async () => {
    setLimits(api, { event_streams: 1 });
    const id = await api.predict(RECORD);
    const going = new AbortController();
    const stream = await fetch(`${api.url}/v1/predictions/${id}/events`, {
      headers: { authorization: `Bearer ${api.keyOf('member')}` },
      signal: going.signal,
    });
    expect(stream.status).toBe(200);
    const refused = await api.fetch(`/v1/predictions/${id}/events`);
    expect([refused.status, await typeOf(refused)]).toEqual([429, 'urn:cytoqueue:problem:too-many-at-once']);
    going.abort();
    await waitUntil('there is room again', async () => {
      const next = new AbortController();
      const { status } = await fetch(`${api.url}/v1/predictions/${id}/events`, {
        headers: { authorization: `Bearer ${api.keyOf('member')}` },
        signal: next.signal,
      });
      next.abort();
      return status === 200;
    });
  });

  it('limit the stored bytes, even after Redis lost the count', async () => {
    const bytes = HEADER.length + ROW.length;
    const storedBytes = `cytoqueue:stored-inputs:${api.tenant}`;
    setLimits(api, { stored_bytes: 2 * bytes });
    expect([(await upload()).status, (await upload()).status]).toEqual([202, 202]);
    const full = await upload();
    expect([full.status, await typeOf(full)]).toEqual([413, 'urn:cytoqueue:problem:quota-exceeded']);
    await client.del(storedBytes);
    expect((await upload()).status).toBe(413);
    expect(await client.hget(storedBytes, 'total')).toBe(String(2 * bytes));
    await client.hincrby(storedBytes, 'total', -bytes);
    expect((await upload(2)).status).toBe(413);
    expect((await upload()).status).toBe(202);
    expect(
      (await api.files()).filter((file) => file.startsWith(`tenants/${api.tenant}/`) && file.endsWith('input.csv')),
    ).toHaveLength(3);
  });

  it('are checked without listing the store', async () => {
    expect((await upload()).status).toBe(202);
    const listed: string[] = [];
    const list = api.store.list.bind(api.store);
    const spy = jest.spyOn(api.store, 'list').mockImplementation((options) => {
      listed.push(options.prefix);
      return list(options);
    });
    expect((await upload()).status).toBe(202);
    spy.mockRestore();
    expect(listed.filter((prefix) => prefix === ObjectKeys.batchesFolder(api.tenant))).toEqual([]);
  });
});

test('an event stream ends when its key is revoked', async () => {
  const id = await api.predict(RECORD);
  const stream = await api.fetch(`/v1/predictions/${id}/events`);
  api.ring.replace({ tenants: [] });
  expect(await stream.text()).toContain('event: status');
  expect((await list()).status).toBe(401);
});
