import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RECORD, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi | undefined;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

afterEach(async () => {
  await api?.stop();
  api = undefined;
});

afterAll(() => redis.down());

const at = async (publicUrl: string | undefined): Promise<RunningApi> =>
  (api = await RunningApi.start(redis.url, undefined, { publicUrl }));

async function signIn(target: RunningApi): Promise<{ setCookie: string; cookie: string; hsts: string | null }> {
  const response = await fetch(`${target.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: target.keyOf('member') }),
  });
  const setCookie = response.headers.get('set-cookie') ?? '';
  return {
    setCookie,
    cookie: setCookie.split(';')[0] as string,
    hsts: response.headers.get('strict-transport-security'),
  };
}

test.each([
  [undefined, 'cytoqueue_session', '/', false],
  ['http://lab.example/cyto', 'cytoqueue_session', '/cyto', false],
  ['https://lab.example', '__Host-cytoqueue_session', '/', true],
  ['https://lab.example/cyto', '__Secure-cytoqueue_session', '/cyto', true],
])('under %s the cookie is %s for %s', async (publicUrl, name, path, isSecure) => {
  const target = await at(publicUrl);
  const { setCookie, cookie, hsts } = await signIn(target);
  const attributes = setCookie.split('; ');
  expect([
    cookie.split('=')[0],
    attributes.includes(`Path=${path}`),
    attributes.includes('Secure'),
    hsts !== null,
  ]).toEqual([name, true, isSecure, isSecure]);
  expect(attributes).not.toContainEqual(expect.stringMatching(/^Domain=/));
  const get = (sent: string) => fetch(`${target.url}/v1/session`, { headers: { cookie: sent } });
  expect((await get(cookie)).status).toBe(200);
  // With a prefixed cookie name, a cookie of the plain name, which another host could set, is ignored.
  expect((await get(cookie.replace(name, 'cytoqueue_session'))).status).toBe(isSecure ? 401 : 200);
  const out = await fetch(`${target.url}/v1/session`, {
    method: 'DELETE',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
  });
  expect(out.headers.get('set-cookie')).toMatch(new RegExp(`^${name}=; Path=${path};.*Expires=Thu, 01 Jan 1970`));
  const document = (await (await target.fetch('/openapi.json')).json()) as {
    servers: { url: string }[];
    components: { securitySchemes: { session: { name: string } } };
  };
  expect([document.servers, document.components.securitySchemes.session.name]).toEqual([
    [expect.objectContaining({ url: publicUrl ?? '/' })],
    name,
  ]);
});

test('accepts pages of the public address even if the proxy changes Host, and no other pages', async () => {
  const target = await at('https://lab.example/cyto');
  const { cookie } = await signIn(target);
  const predict = async (origin: string) =>
    (
      await fetch(`${target.url}/v1/predictions`, {
        method: 'POST',
        headers: { cookie, origin, 'content-type': 'application/json' },
        body: '{}',
      })
    ).status;
  // 422: the session was accepted, and the empty record was rejected.
  expect(await predict('https://lab.example')).toBe(422);
  expect(await predict(new URL(target.url).origin)).toBe(422);
  for (const origin of [
    'http://lab.example',
    'https://lab.example:444',
    'https://lab.example.evil.example',
    'https://evil.example',
    'null',
  ])
    expect([origin, await predict(origin)]).toEqual([origin, 403]);
});

test('Location, Link and links contain the path that the proxy strips, and nothing else does', async () => {
  const target = await at('https://lab.example/cyto');
  const create = () =>
    target.fetch('/v1/predictions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ features: RECORD, sample_id: '/v1/x' }),
    });
  const response = await create();
  const { id, links } = (await response.json()) as { id: string; links: object };
  expect([response.headers.get('location'), links]).toEqual([
    `/cyto/v1/predictions/${id}`,
    { self: `/cyto/v1/predictions/${id}` },
  ]);
  expect(await (await target.fetch(`/v1/predictions/${id}`)).json()).toMatchObject({ sample_id: '/v1/x', links });
  await create();
  const page = await target.fetch('/v1/predictions?limit=1');
  expect(page.headers.get('link')).toMatch(/^<\/cyto\/v1\/predictions\?limit=1&after=pred_\w+>; rel="next"$/);
  expect((await target.fetch(`/cyto/v1/predictions/${id}`)).status).toBe(404);
});
