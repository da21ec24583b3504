import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Environment, launch } from './launch';
import type { ProcessRecord } from './process-record';
import type { RedisGuard } from './redis-guard';
import type { StartingChild } from './supervisor';

const RECONNECT_MS = 50;

export interface RedisServerOptions {
  dataDir: string;
  port: number;
  environment: Environment;
  logFile: string;
  guard: RedisGuard;
}

/** Starts a redis-server in DATA_DIR/redis. It is up once it has loaded its append-only file. */
export function launchRedis(
  { dataDir, port, environment, logFile, guard }: RedisServerOptions,
  record: ProcessRecord,
): StartingChild {
  const dir = join(dataDir, 'redis');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const launched = launch(
    { command: 'redis-server', args: redisArguments(dir, port), environment, logFile, ownSession: true },
    record,
  );
  const { pid } = launched.child;
  if (pid === undefined)
    return { ...launched, ready: launched.exited.then((reason) => Promise.reject(new Error(reason))) };
  guard.watch(pid);
  void launched.exited.then(() => guard.unwatch());
  return { ...launched, ready: waitUntilServing(`redis://127.0.0.1:${port}`, pid, launched.exited) };
}

/** Loses at most one second of the queue, never evicts a job, and listens on the local host only. */
function redisArguments(dir: string, port: number): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir,
    pidfile: join(dir, 'redis.pid'),
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Resolves when the server at this address responds and is ours: another process may have taken the port. */
async function waitUntilServing(url: string, pid: number, exited: Promise<string>): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => RECONNECT_MS, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const ready = new Promise((resolve) => client.once('ready', resolve));
  const ended = exited.then(() => Promise.reject(new Error('ended before it was ready')));
  try {
    await Promise.race([ready, ended]);
    const info = await client.info('server');
    if (!info.includes(`process_id:${pid}\r\n`)) throw new Error(`another redis-server answers at ${url}`);
  } finally {
    client.disconnect();
  }
}
