import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

export type RedisReason =
  | 'unreachable'
  | 'access-denied'
  | 'read-only'
  | 'full'
  | 'cluster-mode'
  | 'eviction-policy'
  | 'old-version';

/** A problem that a probe found. Detail and remedy are for operators and go to logs only. */
export interface RedisFinding {
  reason: RedisReason;
  /** `unavailable` may be temporary; `unsuitable` is permanent; with a `warning` Redis stays in use. */
  kind: 'unavailable' | 'unsuitable' | 'warning';
  detail: string;
  remedy: string;
  cause?: unknown;
}

/** The oldest version that BullMQ supports in full. */
const MIN_VERSION = [6, 2] as const;
const PROBE_TTL_MS = 10_000;
const CONNECT_MS = 5_000;

/** Like the queue's scripts, writes and deletes a key of the product. */
const PROBE_SCRIPT = "redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return redis.call('DEL', KEYS[1])";

/**
 * Checks the server's mode, version, eviction policy and role, and that this user may run scripts like the queue's.
 * @returns no finding when Redis is suitable
 */
export async function probeRedis(redis: Redis): Promise<RedisFinding[]> {
  try {
    await untilConnected(redis);
    const info = await redis.info();
    const unsuitable = unsuitableBy(info);
    if (unsuitable.length > 0) return unsuitable;
    if (field(info, 'role') === 'slave') return [finding('read-only', 'unavailable', 'the server is a replica')];
    await redis.eval(PROBE_SCRIPT, 1, `${REDIS_PREFIX}:probe:${randomUUID()}`, PROBE_TTL_MS);
    return [];
  } catch (error) {
    return [failureFinding(error)];
  }
}

/** Waits while the connection is being established. */
async function untilConnected(redis: Redis): Promise<void> {
  // Rejects on an error of the connection.
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) });
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

const REMEDIES: Record<RedisReason, string> = {
  unreachable: 'check REDIS_URL, the network and the state of the server',
  'access-denied':
    'check the password in REDIS_URL or REDIS_PASSWORD, and allow the user INFO, all commands that BullMQ uses and all keys and channels of the queue',
  'read-only': 'point REDIS_URL at the primary, not at a replica',
  full: 'raise maxmemory',
  'cluster-mode': 'point REDIS_URL at a Redis or Valkey without cluster mode (cluster-enabled no)',
  'eviction-policy': 'set maxmemory-policy noeviction',
  'old-version': `use Redis ${MIN_VERSION.join('.')} or later, or Valkey`,
};

function finding(reason: RedisReason, kind: RedisFinding['kind'], detail: string, cause?: unknown): RedisFinding {
  return { reason, kind, detail, remedy: REMEDIES[reason], cause };
}

function unsuitableBy(info: string): RedisFinding[] {
  const found: RedisFinding[] = [];
  if (field(info, 'cluster_enabled') === '1')
    found.push(
      finding(
        'cluster-mode',
        'unsuitable',
        "the server runs in cluster mode, where a queue's keys lie in different slots",
      ),
    );
  const version = field(info, 'redis_version');
  if (isOld(version)) found.push(finding('old-version', 'unsuitable', `the server is version ${version}`));
  const policy = field(info, 'maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction')
    found.push(
      finding(
        'eviction-policy',
        'unsuitable',
        `maxmemory-policy is ${policy}: Redis deletes jobs when its memory is full`,
      ),
    );
  return found;
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return version !== '' && (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]));
}

function failureFinding(error: unknown): RedisFinding {
  const message = error instanceof Error ? error.message : String(error);
  if (/NOPERM|NOAUTH|WRONGPASS/.test(message)) return finding('access-denied', 'unavailable', message, error);
  if (/READONLY/.test(message)) return finding('read-only', 'unavailable', message, error);
  return /OOM/.test(message)
    ? finding('full', 'warning', message, error)
    : finding('unreachable', 'unavailable', message, error);
}
