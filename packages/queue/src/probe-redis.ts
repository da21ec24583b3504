import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from './names';

export type RedisReason = 'unreachable' | 'access-denied' | 'read-only' | 'full' | 'cluster-mode' | 'eviction-policy' | 'old-version';

/** One thing that a probe found wrong with Redis. The detail and remedy are for operators: they go to logs only. */
export interface RedisFinding {
  reason: RedisReason;
  /** `unavailable` can pass by itself, `unsuitable` cannot, and with a `warning` Redis is still in use. */
  kind: 'unavailable' | 'unsuitable' | 'warning';
  detail: string;
  remedy: string;
  cause?: unknown;
}

/** The oldest version that BullMQ supports in full. */
const OLDEST_VERSION = [6, 2] as const;
const PROBE_MS = 10_000;
const CONNECT_MS = 5_000;

/** What the scripts of the queue do: write and delete a key of ours within one script. */
const SCRIPT = "redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return redis.call('DEL', KEYS[1])";

/** Checks the server's mode, version and eviction policy, and that this user may run the queue's scripts. Empty when all is well. */
export async function probeRedis(redis: Redis): Promise<RedisFinding[]> {
  try {
    await untilConnected(redis);
    const info = await redis.info();
    const unsuitable = [clusterFinding(info), versionFinding(info), evictionFinding(info)].filter((finding) => finding !== undefined);
    if (unsuitable.length > 0) return unsuitable;
    await redis.eval(SCRIPT, 1, `${REDIS_PREFIX}:probe:${randomUUID()}`, PROBE_MS);
    return [];
  } catch (error) {
    return [failureFinding(error)];
  }
}

/** A connection that is only being made is not yet one that failed. */
async function untilConnected(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  const signal = AbortSignal.timeout(CONNECT_MS);
  await Promise.race(['ready', 'error', 'close'].map((event) => once(redis, event, { signal })));
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

function clusterFinding(info: string): RedisFinding | undefined {
  if (field(info, 'cluster_enabled') !== '1') return undefined;
  const remedy = 'point REDIS_URL at a Redis or Valkey without cluster mode (cluster-enabled no)';
  return { reason: 'cluster-mode', kind: 'unsuitable', detail: "the server runs in cluster mode, where a queue's keys lie in different slots", remedy };
}

function versionFinding(info: string): RedisFinding | undefined {
  const version = field(info, 'redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version === '' || major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1])) return undefined;
  return { reason: 'old-version', kind: 'unsuitable', detail: `the server is version ${version}`, remedy: `use Redis ${OLDEST_VERSION.join('.')} or later, or Valkey` };
}

function evictionFinding(info: string): RedisFinding | undefined {
  const policy = field(info, 'maxmemory_policy');
  if (policy === '' || policy === 'noeviction') return undefined;
  return { reason: 'eviction-policy', kind: 'unsuitable', detail: `maxmemory-policy is ${policy}: Redis deletes jobs when its memory is full`, remedy: 'set maxmemory-policy noeviction' };
}

function failureFinding(error: unknown): RedisFinding {
  const message = error instanceof Error ? error.message : String(error);
  const found = (reason: RedisReason, remedy: string, kind: RedisFinding['kind'] = 'unavailable'): RedisFinding => ({ reason, kind, detail: message, remedy, cause: error });
  if (/NOPERM|NOAUTH|WRONGPASS/.test(message)) return found('access-denied', 'check the password in REDIS_URL or REDIS_PASSWORD, and allow the user all commands that BullMQ uses, INFO and the keys of the queue');
  if (/READONLY/.test(message)) return found('read-only', 'point REDIS_URL at the primary, not at a replica');
  if (/OOM/.test(message)) return found('full', 'raise maxmemory', 'warning');
  return found('unreachable', 'check REDIS_URL, the network and the state of the server');
}
