import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, loadConfig } from './config';

test('nothing set gives the documented defaults', () => {
  const dataDir = resolve('.cytoqueue');
  expect(loadConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataDir,
    redisUrl: undefined,
    storageUrl: `file://${dataDir}/objects`,
    apiKeysFile: undefined,
    apiKeys: undefined,
    sessionSecret: undefined,
    trustProxy: undefined,
    corsOrigins: [],
    publicUrl: undefined,
    maxWaitSeconds: 25,
    workers: 1,
    serviceNode: undefined,
    workerThreads: availableParallelism(),
    shardRows: 32_768,
    cloudwatchNamespace: undefined,
    canarySeconds: 60,
    workerStallSeconds: 300,
    environment: 'local',
    workerPort: 0,
    maxUploadBytes: 1024 ** 3,
    retentionDays: 30,
    inputRetentionDays: 30,
    confirmationRetentionDays: 1_826,
    tenantLimits: {
      units_per_minute: 1_500_000,
      concurrent_uploads: 100,
      event_streams: 200,
      stored_bytes: 100 * 1024 ** 3,
    },
    maxConnections: 4_000,
    ecsAgentUri: undefined,
    logLevel: 'info',
  });
});

const everything = {
  HOST: '::1',
  PORT: '0',
  DATA_DIR: '/srv/cyto',
  REDIS_URL: 'rediss://user:secret@redis:6380/1',
  STORAGE_URL: 's3://bucket/prefix',
  REDIS_PASSWORD: 'unused: the URL has one',
  API_KEYS_FILE: '/run/keys.json',
  API_KEYS: '{}',
  SESSION_SECRET: 's'.repeat(32),
  TRUST_PROXY: '10.0.0.0/8, loopback',
  CORS_ORIGINS: 'https://lims.example, http://localhost:5173',
  PUBLIC_URL: 'https://Lab.example:443/cyto/',
  MAX_WAIT_SECONDS: '50',
  WORKERS: '3',
  SERVICE_NODE: '/usr/bin/node',
  WORKER_THREADS: '2',
  SHARD_ROWS: '1000',
  CLOUDWATCH_NAMESPACE: 'Cyto',
  CANARY_SECONDS: '0',
  WORKER_STALL_SECONDS: '90',
  ENVIRONMENT: 'staging',
  WORKER_PORT: '9001',
  MAX_UPLOAD_BYTES: '10000000000',
  RETENTION_DAYS: '7',
  INPUT_RETENTION_DAYS: '2',
  CONFIRMATION_RETENTION_DAYS: '365',
  RATE_LIMIT_PER_MINUTE: '100',
  CONCURRENT_UPLOADS: '2',
  EVENT_STREAMS: '3',
  STORED_BYTES_QUOTA: '5000',
  MAX_CONNECTIONS: '50',
  ECS_AGENT_URI: 'http://169.254.170.2/api/x',
  LOG_LEVEL: 'debug',
};

test('every variable is taken over', () => {
  expect(loadConfig(everything)).toEqual({
    host: '::1',
    port: 0,
    dataDir: '/srv/cyto',
    redisUrl: everything.REDIS_URL,
    storageUrl: 's3://bucket/prefix',
    apiKeysFile: '/run/keys.json',
    apiKeys: '{}',
    sessionSecret: 's'.repeat(32),
    trustProxy: ['10.0.0.0/8', 'loopback'],
    corsOrigins: ['https://lims.example', 'http://localhost:5173'],
    publicUrl: 'https://lab.example/cyto',
    maxWaitSeconds: 50,
    workers: 3,
    serviceNode: '/usr/bin/node',
    workerThreads: 2,
    shardRows: 1_000,
    cloudwatchNamespace: 'Cyto',
    canarySeconds: 0,
    workerStallSeconds: 90,
    environment: 'staging',
    workerPort: 9001,
    maxUploadBytes: 1e10,
    retentionDays: 7,
    inputRetentionDays: 2,
    confirmationRetentionDays: 365,
    tenantLimits: { units_per_minute: 100, concurrent_uploads: 2, event_streams: 3, stored_bytes: 5_000 },
    maxConnections: 50,
    ecsAgentUri: everything.ECS_AGENT_URI,
    logLevel: 'debug',
  });
});

test.each(['', '  '])('a variable that holds %j is unset', (blank) => {
  const blanks = Object.fromEntries(Object.keys(everything).map((name) => [name, blank]));
  expect(loadConfig(blanks)).toEqual(loadConfig({}));
});

test('what is relative becomes absolute, and a folder of any name can hold the objects', () => {
  const given = { DATA_DIR: 'a b#c%20?', API_KEYS_FILE: 'keys.json', SERVICE_NODE: 'bin/node' };
  const { dataDir, storageUrl, apiKeysFile, serviceNode } = loadConfig(given);
  expect(serviceNode).toBe(resolve('bin/node'));
  expect(dataDir).toBe(resolve('a b#c%20?'));
  expect(fileURLToPath(storageUrl)).toBe(resolve('a b#c%20?', 'objects'));
  expect(apiKeysFile).toBe(resolve('keys.json'));
});

test.each([
  ['rediss://redis:6379', 'rediss://:p%40s%2Fs%3A%25@redis:6379'],
  ['rediss://user@redis', 'rediss://user:p%40s%2Fs%3A%25@redis'],
  ['redis://:own@redis', 'redis://:own@redis'],
])('the password goes into %s unless it has one', (url, expected) => {
  expect(loadConfig({ REDIS_URL: url, REDIS_PASSWORD: 'p@s/s:%' }).redisUrl).toBe(expected);
  expect(loadConfig({ REDIS_PASSWORD: 'p@s/s:%' }).redisUrl).toBeUndefined();
});

test.each(['10.0.0.7', 'fc00::/7', '2001:db8::1', '172.16.0.0/12', '::ffff:10.0.0.0/104'])(
  '%s is a proxy or a network that can be trusted',
  (proxy) => {
    expect(loadConfig({ TRUST_PROXY: `${proxy}, uniquelocal` }).trustProxy).toEqual([proxy, 'uniquelocal']);
  },
);

test.each([
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['PORT', '0x50'],
  ['PORT', '1e3'],
  ['WORKER_PORT', 'any'],
  ['REDIS_URL', 'http://redis'],
  ['REDIS_URL', 'redis://['],
  ['ECS_AGENT_URI', 'agent'],
  ['STORAGE_URL', '/srv/objects'],
  ['SESSION_SECRET', 'short'],
  ['CORS_ORIGINS', 'lims.example'],
  ['CORS_ORIGINS', 'https://lims.example/path'],
  ['CORS_ORIGINS', 'https://lims.example, *'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '0'],
  ['TRUST_PROXY', '10.0.0.0/8,*'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '::/0'],
  ['TRUST_PROXY', '0.0.0.0/1, 128.0.0.0/1'],
  ['TRUST_PROXY', '::ffff:0:0/96'],
  ['TRUST_PROXY', '::ffff:128.0.0.0/97'],
  ['TRUST_PROXY', '::/8'],
  ['TRUST_PROXY', '2000::/3'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0.256'],
  ['TRUST_PROXY', '10.0.0.0/255.0.0.0'],
  ['PUBLIC_URL', 'lab.example/cyto'],
  ['PUBLIC_URL', 'ftp://lab.example'],
  ['PUBLIC_URL', 'https://user:secret@lab.example'],
  ['PUBLIC_URL', 'https://lab.example/cyto?x=1'],
  ['PUBLIC_URL', 'https://lab.example/a%20b'],
  ['PUBLIC_URL', 'https://lab.example//cyto'],
  ['MAX_WAIT_SECONDS', '0'],
  ['MAX_WAIT_SECONDS', '111'],
  ['WORKERS', '0'],
  ['WORKER_THREADS', '257'],
  ['SHARD_ROWS', '999'],
  ['MAX_UPLOAD_BYTES', '1GB'],
  ['MAX_UPLOAD_BYTES', '99999999999999999999'],
  ['RETENTION_DAYS', '0'],
  ['INPUT_RETENTION_DAYS', '0'],
  ['RATE_LIMIT_PER_MINUTE', '0'],
  ['MAX_CONNECTIONS', '0'],
  ['LOG_LEVEL', 'verbose'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
  expect(() => loadConfig({ [name]: value })).toThrow(`${name}: `);
});

test('every wrong variable is named at once, and no value is repeated', () => {
  const load = () =>
    loadConfig({ PORT: 'x', REDIS_URL: 'http://user:secret@redis', SHARD_ROWS: '1', LOG_LEVEL: 'loud' });
  for (const name of ['PORT', 'REDIS_URL', 'SHARD_ROWS', 'LOG_LEVEL']) expect(load).toThrow(`${name}: `);
  expect(load).not.toThrow('secret');
});
