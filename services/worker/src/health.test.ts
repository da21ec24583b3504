import { type HealthServer, startHealthServer } from './health';

const state = { isStalled: false, missing: [] as string[] };
let server: HealthServer;

beforeAll(async () => {
  server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    isStalled: () => state.isStalled,
    readiness: { missing: async () => state.missing },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'a 1\n' }),
  });
});

afterAll(() => server?.stop());

const get = async (path: string, method = 'GET') => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return [response.status, await response.text()];
};

test('tells whether the worker gets on with its work, and whether what it needs is there', async () => {
  expect(await get('/health/live')).toEqual([200, '{"status":"ok"}']);
  expect(await get('/health/ready')).toEqual([200, '{"status":"ok"}']);
  Object.assign(state, { isStalled: true, missing: ['redis'] });
  expect(await get('/health/live')).toEqual([503, '{"status":"stalled"}']);
  expect(await get('/health/ready')).toEqual([503, '{"status":"unavailable"}']);
});

test('shows the figures, and nothing else', async () => {
  expect(await get('/metrics')).toEqual([200, 'a 1\n']);
  expect((await get('/anything'))[0]).toBe(404);
  expect((await get('/metrics', 'POST'))[0]).toBe(405);
});
