import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { createProducerConnection } from './connection';
import { probeRedis } from './probe-redis';

async function probeOf(url: string): Promise<string[]> {
  const connection = createProducerConnection(url, () => undefined);
  try {
    return (await probeRedis(connection)).map(({ kind, reason }) => `${kind}: ${reason}`);
  } finally {
    connection.disconnect();
  }
}

async function withRedis(settings: Record<string, string>, use: (redis: RedisProcess) => Promise<void>): Promise<void> {
  const redis = await RedisProcess.start(undefined, undefined, settings);
  try {
    await use(redis);
  } finally {
    await redis.down();
  }
}

test('a suitable Redis has no findings, a stopped one is unreachable', () =>
  withRedis({}, async (redis) => {
    expect(await probeOf(redis.url)).toEqual([]);
    await redis.down();
    expect(await probeOf(redis.url)).toEqual(['unavailable: unreachable']);
  }));

test('concurrent probes leave no key', () =>
  withRedis({}, async (redis) => {
    const connection = createProducerConnection(redis.url, () => undefined);
    expect((await Promise.all(Array.from({ length: 4 }, () => probeRedis(connection)))).flat()).toEqual([]);
    expect(await connection.dbsize()).toBe(0);
    connection.disconnect();
  }));

test.each([
  [{ 'cluster-enabled': 'yes', 'cluster-config-file': join(tmpdir(), `nodes-${randomUUID()}.conf`) }, 'cluster-mode'],
  [{ 'maxmemory-policy': 'allkeys-lru' }, 'eviction-policy'],
  [{ 'maxmemory-policy': 'volatile-ttl', maxmemory: '100mb' }, 'eviction-policy'],
])('a Redis with %j is unsuitable: %s', (settings, reason) =>
  withRedis(settings as Record<string, string>, async (redis) =>
    expect(await probeOf(redis.url)).toEqual([`unsuitable: ${reason}`]),
  ),
);

test('a user without rights on scripts or keys, and a wrong password, are access-denied', () =>
  withRedis({}, async (redis) => {
    const admin = createProducerConnection(redis.url, () => undefined);
    await new Promise((resolve) => admin.once('ready', resolve));
    await admin.call('ACL', 'SETUSER', 'noscript', 'on', '>secret', '~*', '&*', '+@all', '-eval');
    await admin.call('ACL', 'SETUSER', 'nokeys', 'on', '>secret', '~other:*', '&*', '+@all');
    admin.disconnect();
    for (const user of ['noscript:secret', 'nokeys:secret', 'noscript:wrong']) {
      expect([user, await probeOf(redis.url.replace('//', `//${user}@`))]).toEqual([
        user,
        ['unavailable: access-denied'],
      ]);
    }
  }));

test('a full Redis is a warning, a replica is read-only', () =>
  withRedis({}, async (redis) => {
    const admin = createProducerConnection(redis.url, () => undefined);
    await new Promise((resolve) => admin.once('ready', resolve));
    await admin.config('SET', 'maxmemory', '1');
    expect(await probeOf(redis.url)).toEqual(['warning: full']);
    await admin.config('SET', 'maxmemory', '0');
    await admin.replicaof('127.0.0.1', 9);
    expect(await probeOf(redis.url)).toEqual(['unavailable: read-only']);
    admin.disconnect();
  }));
