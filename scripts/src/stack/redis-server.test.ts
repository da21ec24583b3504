import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { checkPortIsFree, findFreePort } from './free-port';
import { ProcessRecord, terminateOrphans } from './process-record';
import { RedisGuard } from './redis-guard';
import { launchRedis } from './redis-server';
import type { StartingChild } from './supervisor';

describe('the stack’s redis-server', () => {
  let dir: string;
  let port: number;
  let guard: RedisGuard;
  const running: StartingChild[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'redis-'));
    port = await findFreePort();
    guard = new RedisGuard();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map(end));
    guard.stop();
    rmSync(dir, { recursive: true });
  });

  function start(): StartingChild {
    const redis = launchRedis(
      { dataDir: dir, port, environment: process.env, logFile: join(dir, 'redis.log'), guard },
      new ProcessRecord(dir, () => undefined),
    );
    running.push(redis);
    return redis;
  }

  async function end({ child, exited }: StartingChild): Promise<void> {
    child.kill('SIGTERM');
    await exited;
  }

  async function withClient<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(port, '127.0.0.1');
    try {
      return await use(client);
    } finally {
      await client.quit();
    }
  }

  it('keeps an append-only file, evicts nothing, and restores its data after a restart', async () => {
    const first = start();
    await first.ready;
    const settings = await withClient(async (client) => {
      await client.set('kept', 'yes');
      return client.config('GET', 'appendonly', 'maxmemory-policy', 'appendfsync', 'bind', 'save');
    });
    expect(settings).toEqual(expect.arrayContaining(['appendonly', 'yes', 'noeviction', 'everysec', '127.0.0.1', '']));
    await end(first);
    await start().ready;
    expect(await withClient((client) => client.get('kept'))).toBe('yes');
  });

  it('is found by its pid file when the record lacks it', async () => {
    const redis = start();
    await redis.ready;
    rmSync(join(dir, 'processes.json'));
    expect(await terminateOrphans(dir)).toBe(1);
    await redis.exited;
    expect(existsSync(join(dir, 'redis/redis.pid'))).toBe(false);
  });

  it('does not start when another server has its port', async () => {
    await start().ready;
    const second = mkdtempSync(join(tmpdir(), 'redis-'));
    const options = { dataDir: second, port, environment: process.env, logFile: join(second, 'redis.log'), guard };
    const loser = launchRedis(options, new ProcessRecord(second, () => undefined));
    const served = await Promise.race([
      loser.ready.then(
        () => true,
        () => false,
      ),
      loser.exited.then(() => false),
    ]);
    expect(served).toBe(false);
    await loser.exited;
    rmSync(second, { recursive: true });
  });

  it('occupies its port', async () => {
    await start().ready;
    await expect(checkPortIsFree('127.0.0.1', port)).rejects.toThrow(`127.0.0.1:${port} is taken`);
    await checkPortIsFree('127.0.0.1', 0);
  });
});
