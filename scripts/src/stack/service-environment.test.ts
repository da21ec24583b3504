import { loadConfig } from '@cytoqueue/runtime';
import { serviceEnvironment, workerPort } from './service-environment';

const settled = { redisUrl: 'redis://127.0.0.1:1', apiKeysFile: '/keys.json' };

it('contains the values that the stack has resolved and passes other variables on', () => {
  const given = { PORT: '0', DATA_DIR: '/data', AWS_ENDPOINT_URL: 'http://127.0.0.1:2', REDIS_URL: '' };
  expect(serviceEnvironment(given, loadConfig(given), settled)).toMatchObject({
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: '/data',
    STORAGE_URL: 'file:///data/objects',
    REDIS_URL: 'redis://127.0.0.1:1',
    API_KEYS_FILE: '/keys.json',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
  });
});

it('gives the child the same configuration as the stack', () => {
  const config = loadConfig({
    DATA_DIR: 'here',
    WORKER_THREADS: '3',
    SHARD_ROWS: '2000',
    CLOUDWATCH_NAMESPACE: 'Lab',
    MAX_UPLOAD_BYTES: '5',
    TRUST_PROXY: '10.0.0.0/8,loopback',
    CORS_ORIGINS: 'https://lims.example',
    RATE_LIMIT_PER_MINUTE: '7',
    EVENT_STREAMS: '8',
    MAX_CONNECTIONS: '9',
    PUBLIC_URL: 'https://host/cyto',
    MAX_WAIT_SECONDS: '9',
  });
  const child = loadConfig(serviceEnvironment({}, config, settled));
  expect(child).toEqual({ ...config, redisUrl: settled.redisUrl, apiKeysFile: settled.apiKeysFile });
});

it('gives each worker a separate port', () => {
  expect([0, 1].map((index) => workerPort(loadConfig({ WORKER_PORT: '9100' }), index))).toEqual([9100, 9101]);
  expect(workerPort(loadConfig({}), 1)).toBe(0);
});
