import { JobProducer, createProducerConnection } from '@cytoqueue/queue';
import { type DependencyProblem, createLogger } from '@cytoqueue/runtime';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { type HealthServer, startHealthServer } from './health';
import { LivenessMonitor } from './liveness-monitor';

const state = { isStalled: false, unavailableDependencies: [] as DependencyProblem[] };
let server: HealthServer;

beforeAll(async () => {
  server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    isStalled: () => state.isStalled,
    readiness: { unavailableDependencies: async () => state.unavailableDependencies },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'a 1\n' }),
  });
});

afterAll(() => server?.stop());

const get = async (path: string, method = 'GET', { port } = server) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return [response.status, await response.text()];
};

test('reports liveness and readiness', async () => {
  expect(await get('/health/live')).toEqual([200, '{"status":"ok"}']);
  expect(await get('/health/ready')).toEqual([200, '{"status":"ok"}']);
  Object.assign(state, { isStalled: true, unavailableDependencies: [{ name: 'redis', reason: 'cluster-mode' }] });
  expect(await get('/health/live')).toEqual([503, '{"status":"stalled"}']);
  expect(await get('/health/ready')).toEqual([503, '{"status":"unavailable","detail":"redis (cluster-mode)"}']);
});

test('serves metrics and no other paths', async () => {
  expect(await get('/metrics')).toEqual([200, 'a 1\n']);
  expect((await get('/anything'))[0]).toBe(404);
  expect((await get('/metrics', 'POST'))[0]).toBe(405);
});

test('is not live while jobs wait in Redis and the worker processes none, and live again once it does', async () => {
  const redis = await RedisProcess.start();
  const connection = createProducerConnection(redis.url, () => undefined);
  const producer = new JobProducer(connection, () => undefined);
  let nowMs = 0;
  const logger = createLogger({ service: 'worker', environment: 'test', level: 'silent' });
  const stallWatch = new LivenessMonitor(producer, 60_000, logger, () => nowMs);
  const readiness = { unavailableDependencies: async () => [] };
  const metrics = async () => ({ contentType: 'text/plain', body: '' });
  const worker = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    isStalled: () => stallWatch.isStalled,
    readiness,
    metrics,
  });
  const live = async () => {
    await stallWatch.poll();
    return (await get('/health/live', 'GET', worker))[0];
  };
  try {
    await waitUntil('Redis is connected', () => connection.status === 'ready');
    const statuses = [await live()];
    await producer.enqueuePrediction({ tenant: 'lab', predictionId: 'waiting' });
    statuses.push(await live());
    nowMs += 60_001;
    statuses.push(await live());
    stallWatch.recordActivity();
    statuses.push(await live());
    expect(statuses).toEqual([200, 200, 503, 200]);
  } finally {
    await worker.stop();
    await producer.stop();
    connection.disconnect();
    await redis.down();
  }
});
