import type { Redis } from 'ioredis';
import { queueKey } from './bullmq-keys';
import { REDIS_PREFIX, queueNames } from './job-types';

/** BullMQ's largest priority; a larger number is served later. */
const MAX_PRIORITY = 2 ** 21 - 1;
/** Rows that count as one step of virtual time: coarse enough that a busy year fits into the priorities. */
const ROWS_PER_STEP = 4_096;
/** BullMQ's scores of prioritized jobs: the priority, then 32 bits that keep the order of equal ones. */
const SCORES_PER_PRIORITY = 2 ** 32;

/**
 * Start-time fair queuing. A tenant's shards get ascending times that begin where its last ones ended, but not before the
 * present time, which is that of the shard served last: so tenants with work share the workers by rows, however much one
 * of them has queued. The clock is reset only when no shard is left in any state: waiting, prioritized, delayed (as all are
 * in an outage of the store) or active, and no batch waits for its shards. A clock that Redis has lost goes on at the first
 * shard in line.
 */
const RESERVE_SCRIPT = `
local isIdle = redis.call('ZCARD', KEYS[3]) == 0 and redis.call('LLEN', KEYS[4]) == 0 and redis.call('LLEN', KEYS[5]) == 0
  and redis.call('ZCARD', KEYS[6]) == 0 and redis.call('ZCARD', KEYS[7]) == 0
if isIdle then
  redis.call('SET', KEYS[1], 0)
  redis.call('DEL', KEYS[2])
end
local now = tonumber(redis.call('GET', KEYS[1]) or '-1')
if now < 0 then
  local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
  now = first[2] and math.max(0, math.floor(first[2] / ${SCORES_PER_PRIORITY}) - 1) or 0
end
local start = math.max(now, tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0'))
redis.call('HSET', KEYS[2], ARGV[1], start + tonumber(ARGV[2]))
return start`;

const ADVANCE_SCRIPT = `
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > now then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`;

const VIRTUAL_CLOCK_KEY = `${REDIS_PREFIX}:fair:clock`;
const TENANT_FINISH_TIMES_KEY = `${REDIS_PREFIX}:fair:tenants`;
const SHARDS_KEY = queueKey(queueNames.shards);
const WAITING_BATCHES_KEY = `${queueKey(queueNames.finalize)}:waiting-children`;

/** Priorities for shards of these many rows, in their order; equal tenants are served alike. */
export async function reservePriorities(redis: Redis, tenant: string, rows: readonly number[]): Promise<number[]> {
  const steps = rows.map((count) => Math.max(1, Math.ceil(count / ROWS_PER_STEP)));
  const total = steps.reduce((sum, step) => sum + step, 0);
  const keys = [
    VIRTUAL_CLOCK_KEY,
    TENANT_FINISH_TIMES_KEY,
    `${SHARDS_KEY}:prioritized`,
    `${SHARDS_KEY}:active`,
    `${SHARDS_KEY}:wait`,
    `${SHARDS_KEY}:delayed`,
    WAITING_BATCHES_KEY,
  ];
  let time = Number(await redis.eval(RESERVE_SCRIPT, keys.length, ...keys, tenant, total));
  return steps.map((step) => Math.min((time += step), MAX_PRIORITY));
}

/** The shard with this priority was served: that is the present. A shard that was delivered and postponed was not served. */
export async function advanceVirtualClock(redis: Redis, priority: number): Promise<void> {
  await redis.eval(ADVANCE_SCRIPT, 1, VIRTUAL_CLOCK_KEY, priority);
}
