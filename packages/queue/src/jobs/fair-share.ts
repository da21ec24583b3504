import type { Redis } from 'ioredis';
import { PRIORITIZED_SCORES_PER_PRIORITY, queueKey, queuePart } from './bullmq-keys';
import { REDIS_PREFIX, queueNames } from './job-types';

/** Largest priority, within BullMQ's limit. A larger number is served later. */
const MAX_PRIORITY = 2 ** 21 - 1;
/** Rows per step of virtual time. Shards beyond 2²¹ steps (8.6 billion rows) of a queue that is never empty share the last priority. */
const ROWS_PER_STEP = 4_096;

/**
 * Start-time fair queuing. Each shard gets a virtual time as its priority; the lowest is served first. A tenant's next shards
 * start at max(current time, the tenant's last time); the current time is that of the shard served last. So active tenants
 * share the workers by rows, however much one of them has queued. The clock is reset only when the queue is empty: no shard
 * waits, is prioritized, delayed (as all are in a store outage) or active, and no batch waits for its shards. If Redis loses
 * the clock, it resumes at the first waiting shard.
 */
const RESERVE_SCRIPT = `
local clock, finishTimes, prioritized, active, wait, delayed, waitingBatches = unpack(KEYS)
local isIdle = redis.call('ZCARD', prioritized) == 0 and redis.call('LLEN', active) == 0 and redis.call('LLEN', wait) == 0
  and redis.call('ZCARD', delayed) == 0 and redis.call('ZCARD', waitingBatches) == 0
if isIdle then
  redis.call('SET', clock, 0)
  redis.call('DEL', finishTimes)
end
local now = tonumber(redis.call('GET', clock) or '') or -1
if now < 0 then
  local first = redis.call('ZRANGE', prioritized, 0, 0, 'WITHSCORES')
  now = first[2] and math.max(0, math.floor(first[2] / ${PRIORITIZED_SCORES_PER_PRIORITY}) - 1) or 0
end
local start = math.max(now, tonumber(redis.call('HGET', finishTimes, ARGV[1]) or '') or 0)
redis.call('HSET', finishTimes, ARGV[1], start + tonumber(ARGV[2]))
return start`;

const ADVANCE_SCRIPT = `
local now = tonumber(redis.call('GET', KEYS[1]) or '') or 0
if tonumber(ARGV[1]) > now then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`;

const VIRTUAL_CLOCK_KEY = `${REDIS_PREFIX}:fair:clock`;
const TENANT_FINISH_TIMES_KEY = `${REDIS_PREFIX}:fair:tenants`;
const SHARDS_KEY = queueKey(queueNames.shards);
const WAITING_BATCHES_KEY = `${queueKey(queueNames.finalize)}${queuePart.waitingChildren}`;

/** Reserves the priorities of a tenant's next shards. @param rows rows of each shard, in their order */
export async function reservePriorities(redis: Redis, tenant: string, rows: readonly number[]): Promise<number[]> {
  const steps = rows.map((count) => Math.max(1, Math.ceil(count / ROWS_PER_STEP)));
  const total = steps.reduce((sum, step) => sum + step, 0);
  // In the order of the script's names.
  const keys = [
    VIRTUAL_CLOCK_KEY,
    TENANT_FINISH_TIMES_KEY,
    `${SHARDS_KEY}${queuePart.prioritized}`,
    `${SHARDS_KEY}${queuePart.active}`,
    `${SHARDS_KEY}${queuePart.wait}`,
    `${SHARDS_KEY}${queuePart.delayed}`,
    WAITING_BATCHES_KEY,
  ];
  let time = Number(await redis.eval(RESERVE_SCRIPT, keys.length, ...keys, tenant, total));
  return steps.map((step) => Math.min((time += step), MAX_PRIORITY));
}

/** Moves virtual time on to that of a shard that was served, its priority. Not for one that was delivered and postponed. */
export async function advanceVirtualClock(redis: Redis, priority: number): Promise<void> {
  await redis.eval(ADVANCE_SCRIPT, 1, VIRTUAL_CLOCK_KEY, priority);
}
