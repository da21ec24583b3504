import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';

const ORIGIN = 'https://lims.example';
const preflight = { method: 'OPTIONS', headers: { origin: ORIGIN, 'access-control-request-method': 'POST' } };

let redis: RedisProcess;
beforeAll(async () => (redis = await RedisProcess.start()));
afterAll(() => redis?.down());

async function withApi(corsOrigins: string[] | undefined, check: (api: RunningApi) => Promise<void>): Promise<void> {
  const api = await RunningApi.start(redis.url, undefined, { corsOrigins });
  try {
    await check(api);
  } finally {
    await api.stop();
  }
}

const corsHeaders = (response: Response) =>
  [...response.headers].filter(([name]) => name.startsWith('access-control-')).map(([name]) => name);

test('without CORS_ORIGINS no other origin is allowed', () =>
  withApi(undefined, async (api) => {
    expect((await fetch(`${api.url}/v1/batches`, preflight)).status).toBe(401);
    expect(corsHeaders(await api.fetch('/v1/batches', { headers: { origin: ORIGIN } }))).toEqual([]);
  }));

test('pages of a listed origin may call with an API key, also when the answer is an error', () =>
  withApi([ORIGIN], async (api) => {
    const allowed = await fetch(`${api.url}/v1/batches`, preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(allowed.headers.has('access-control-allow-credentials')).toBe(false);
    const missing = await api.fetch('/v1/batches/batch_none', { headers: { origin: ORIGIN } });
    expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, ORIGIN]);
    expect(missing.headers.get('vary')).toContain('Origin');
    const other = await api.fetch('/v1/batches', { headers: { origin: 'https://other.example' } });
    expect([other.status, corsHeaders(other), other.headers.get('vary')]).toEqual([
      200,
      [],
      expect.stringContaining('Origin'),
    ]);
  }));

test('* allows any origin, and never with credentials', () =>
  withApi(['*'], async (api) => {
    const response = await api.fetch('/v1/batches', { headers: { origin: 'https://other.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  }));
