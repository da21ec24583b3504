import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';

let redis: RedisProcess;
/** Trusts the forwarded headers of a proxy on this machine. */
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url, undefined, { trustProxy: ['loopback'] });
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  api.fetch(path, { method, headers });

const directives = (response: Response) =>
  Object.fromEntries(
    (response.headers.get('content-security-policy') ?? '').split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(' ');
      return [name, sources.join(' ')];
    }),
  );

it.each(['/docs', '/v1/predictions', '/v1/nothing', '/health/live', '/openapi.json', '/'])(
  'every answer forbids type sniffing, framing and foreign content: %s',
  async (path) => {
    const response = await get(path);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    const policy = directives(response);
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'self'",
    });
    expect(Object.values(policy).filter((sources) => /unsafe|https?:|\*/.test(sources))).toEqual([]);
  },
);

it('does not allow other sites to read its responses', async () => {
  for (const method of ['GET', 'OPTIONS']) {
    const response = await get(
      '/v1/predictions',
      {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
      method,
    );
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

it('a TLS request gets HSTS and a secure cookie, and responses with records are not cached', async () => {
  expect((await get('/v1/predictions')).headers.get('strict-transport-security')).toBeNull();
  const behind = await get('/v1/predictions', { 'x-forwarded-proto': 'https' });
  expect(behind.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  expect(behind.headers.get('cache-control')).toBe('no-store');
  const response = await fetch(`${api.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
    body: JSON.stringify({ api_key: api.keyOf('member') }),
  });
  expect(response.headers.get('set-cookie')).toContain('; Secure');
});

it('ignores forwarded headers when no proxy is trusted', async () => {
  const plain = await RunningApi.start(redis.url);
  const response = await plain.fetch('/health/live', {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.2.3.4' },
  });
  expect(response.headers.get('strict-transport-security')).toBeNull();
  await plain.stop();
});
