import type { Redis } from 'ioredis';
import { queueKey } from './bullmq-keys';
import { type QueueName, REDIS_PREFIX, queueNames } from './names';
import { orUnavailable } from './unavailable';

/** How many keys one look covers, and how many one script: no script may hold up other clients. */
const KEYS_A_LOOK = 5_000;
const KEYS_A_SCAN = 500;
/** A job that is in no list is enqueued again within minutes while its work is still wanted. */
const UNWANTED_AFTER_MS = 24 * 3_600_000;

const LISTS = ['wait', 'active', 'paused'];
const SORTED_SETS = ['prioritized', 'delayed', 'waiting-children', 'completed', 'failed'];
const QUEUE_PARTS: Record<string, string> = {
  ...Object.fromEntries(LISTS.map((part) => [part, 'list'])),
  ...Object.fromEntries([...SORTED_SETS, 'marker'].map((part) => [part, 'zset'])),
  meta: 'hash', events: 'stream', stalled: 'set', id: 'string', pc: 'string', 'stalled-check': 'string',
};
const JOB_PARTS: Record<string, string> = { '': 'hash', lock: 'string', dependencies: 'set', processed: 'hash', failed: 'hash', unsuccessful: 'zset' };
const RUN_PARTS: Record<string, string> = { '': 'hash', seen: 'string', failed: 'string' };
/** Of which a wrong type would stop all batches or figures. */
const SHARED_KEYS: Record<string, string> = { 'fair:clock': 'string', 'fair:tenants': 'hash', pace: 'hash', throughput: 'hash', workers: 'zset', 'sums:unsent': 'zset' };
const QUEUES: readonly QueueName[] = Object.values(queueNames);
const FIXED_KEYS = [
  ...QUEUES.flatMap((queue) => Object.keys(QUEUE_PARTS).map((part) => `${queueKey(queue)}:${part}`)),
  ...Object.keys(SHARED_KEYS).map((name) => `${REDIS_PREFIX}:${name}`),
];

const QUEUE_KEY = new RegExp(`^${REDIS_PREFIX}:(${QUEUES.join('|')}):([^:]+)(?::([^:]+))?$`);
const RUN_KEY = new RegExp(`^${REDIS_PREFIX}:progress:[^:]+:\\d+(?::([^:]+))?$`);

/** KEYS with their types (ARGV); removes those of another type and returns them. */
const REMOVE_MISTYPED = `
local removed = {}
for i, key in ipairs(KEYS) do
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= ARGV[i] then
    redis.call('UNLINK', key)
    removed[#removed + 1] = key
  end
end
return removed`;

/**
 * KEYS[1]: a queue. ARGV: a time in ms, then ids of jobs. Removes the jobs that stand in no place of the queue and have finished, or
 * were made before that time. Nothing else would: BullMQ removes finished jobs by their place in :completed and :failed.
 */
const REMOVE_ORPHANS = `
local queue, removed = KEYS[1], 0
local function isPlaced(id)
  for _, set in ipairs({ '${SORTED_SETS.join("', '")}' }) do
    if redis.call('ZSCORE', queue .. ':' .. set, id) then return true end
  end
  for _, list in ipairs({ '${LISTS.join("', '")}' }) do
    if redis.call('LPOS', queue .. ':' .. list, id) then return true end
  end
  return redis.call('EXISTS', queue .. ':' .. id .. ':lock') == 1
end
for i = 2, #ARGV do
  local key = queue .. ':' .. ARGV[i]
  local finishedOn, timestamp = unpack(redis.call('HMGET', key, 'finishedOn', 'timestamp'))
  local isUnwanted = finishedOn or not timestamp or tonumber(timestamp) < tonumber(ARGV[1])
  if isUnwanted and not isPlaced(ARGV[i]) then
    removed = removed + redis.call('UNLINK', key)
    redis.call('UNLINK', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful', key .. ':logs')
  end
end
return removed`;

/** The type that a key must have; undefined for keys that no job depends on. */
function typeOf(key: string): string | undefined {
  const [, , name = '', part = ''] = QUEUE_KEY.exec(key) ?? [];
  if (name !== '') return part === '' && name in QUEUE_PARTS ? QUEUE_PARTS[name] : JOB_PARTS[part];
  const run = RUN_KEY.exec(key);
  if (run !== null) return RUN_PARTS[run[1] ?? ''];
  return SHARED_KEYS[key.slice(REDIS_PREFIX.length + 1)];
}

export interface UpkeepResult {
  /** Keys that had the wrong type, and are now lost like keys that Redis loses; the reconciler makes up for them. */
  mistyped: string[];
  /** How many jobs were removed that nothing else would have removed. */
  orphaned: number;
}

/**
 * Removes what a partial loss in Redis or a foreign command has left: keys of a wrong type, on which every command fails, and
 * jobs that stand in no list. Each look covers a part of the keys, and the next one goes on from there.
 */
export class KeyUpkeep {
  private cursor = '0';

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError */
  async look(nowMs = Date.now()): Promise<UpkeepResult> {
    const result: UpkeepResult = { mistyped: await this.removeMistyped(FIXED_KEYS), orphaned: 0 };
    for (let seen = 0; seen < KEYS_A_LOOK; seen += KEYS_A_SCAN) {
      const [next, keys] = await orUnavailable(this.redis.scan(this.cursor, 'MATCH', `${REDIS_PREFIX}:*`, 'COUNT', KEYS_A_SCAN));
      this.cursor = next;
      result.mistyped.push(...(await this.removeMistyped(keys)));
      for (const queue of QUEUES) result.orphaned += await this.removeOrphans(queue, keys, nowMs);
      if (next === '0') break;
    }
    return result;
  }

  private async removeMistyped(keys: readonly string[]): Promise<string[]> {
    const known = keys.filter((key) => typeOf(key) !== undefined);
    if (known.length === 0) return [];
    return (await orUnavailable(this.redis.eval(REMOVE_MISTYPED, known.length, ...known, ...known.map((key) => typeOf(key) as string)))) as string[];
  }

  private async removeOrphans(queue: QueueName, keys: readonly string[], nowMs: number): Promise<number> {
    const ids = keys.flatMap((key) => {
      const [, ownQueue, name = '', part] = QUEUE_KEY.exec(key) ?? [];
      return ownQueue === queue && part === undefined && !(name in QUEUE_PARTS) ? [name] : [];
    });
    if (ids.length === 0) return 0;
    return Number(await orUnavailable(this.redis.eval(REMOVE_ORPHANS, 1, queueKey(queue), nowMs - UNWANTED_AFTER_MS, ...ids)));
  }
}
