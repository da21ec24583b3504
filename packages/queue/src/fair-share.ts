import type { Redis } from 'ioredis';
import { REDIS_PREFIX, queueNames } from './names';

/** BullMQ's largest priority; a larger number is served later. */
const LAST_PRIORITY = 2 ** 21 - 1;
/** Rows that count as one step of virtual time: coarse enough that a busy year fits into the priorities. */
const ROWS_PER_STEP = 4_096;

/**
 * Start-time fair queuing. A tenant's shards get ascending times that begin where its last ones ended, but not before the
 * present time, which is that of the shard served last: so tenants with work share the workers by rows, however much one
 * of them has queued. When nothing is queued any more, time begins anew.
 */
const RESERVE = `
if redis.call('ZCARD', KEYS[3]) == 0 and redis.call('LLEN', KEYS[4]) == 0 then redis.call('DEL', KEYS[1], KEYS[2]) end
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
local start = math.max(now, tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0'))
redis.call('HSET', KEYS[2], ARGV[1], start + tonumber(ARGV[2]))
return start`;

const ADVANCE = `
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > now then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`;

const CLOCK = `${REDIS_PREFIX}:fair:clock`;
const TENANTS = `${REDIS_PREFIX}:fair:tenants`;
const SHARDS = `${REDIS_PREFIX}:${queueNames.shards}`;

/** Priorities for shards of these many rows, in their order; equal tenants are served alike. */
export async function reservePriorities(redis: Redis, tenant: string, rows: readonly number[]): Promise<number[]> {
  const steps = rows.map((count) => Math.max(1, Math.ceil(count / ROWS_PER_STEP)));
  const total = steps.reduce((sum, step) => sum + step, 0);
  const keys = [CLOCK, TENANTS, `${SHARDS}:prioritized`, `${SHARDS}:active`];
  let time = Number(await redis.eval(RESERVE, keys.length, ...keys, tenant, total));
  return steps.map((step) => Math.min((time += step), LAST_PRIORITY));
}

/** The shard with this priority is being served: that is the present. */
export async function advanceClock(redis: Redis, priority: number): Promise<void> {
  await redis.eval(ADVANCE, 1, CLOCK, priority);
}
