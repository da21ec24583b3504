import { type RunningStack, startStack } from '../support/stack-process';

let stack: RunningStack;

beforeAll(async () => {
  stack = await startStack({ TRUST_PROXY: 'loopback' });
});

afterAll(() => stack?.stop());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => fetch(stack.url + path, { method, headers: { authorization: `Bearer ${stack.apiKey}`, ...headers } });

const directives = (response: Response) => Object.fromEntries((response.headers.get('content-security-policy') ?? '').split(';').map((directive) => {
  const [name = '', ...sources] = directive.trim().split(' ');
  return [name, sources.join(' ')];
}));

it.each(['/docs', '/v1/predictions', '/v1/nothing', '/health/live', '/openapi.json', '/'])('every answer is what its type says, for this address alone: %s', async (path) => {
  const response = await get(path);
  const headers = Object.fromEntries(response.headers);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' });
  expect(headers).not.toHaveProperty('x-powered-by');
  const policy = directives(response);
  expect(policy).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'", 'frame-ancestors': "'none'", 'base-uri': "'none'", 'form-action': "'self'" });
  expect(Object.values(policy).filter((sources) => /unsafe|https?:|\*/.test(sources))).toEqual([]);
});

it('opens itself to no other site', async () => {
  for (const method of ['GET', 'OPTIONS']) {
    const response = await get('/v1/predictions', { 'origin': 'https://elsewhere.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }, method);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

it('insists on TLS once it came by it, and keeps patients out of caches', async () => {
  expect((await get('/v1/predictions')).headers.get('strict-transport-security')).toBeNull();
  const behind = await get('/v1/predictions', { 'x-forwarded-proto': 'https' });
  expect(behind.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  expect(behind.headers.get('cache-control')).toBe('no-store');
  const response = await fetch(`${stack.url}/v1/session`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' }, body: JSON.stringify({ api_key: stack.apiKey }),
  });
  expect(response.headers.get('set-cookie')).toContain('; Secure');
});

it('believes no forwarded header when nobody is trusted', async () => {
  const plain = await startStack();
  const response = await fetch(`${plain.url}/health/live`, { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.2.3.4' } });
  expect(response.headers.get('strict-transport-security')).toBeNull();
  await plain.stop();
});
