import type { Redis } from 'ioredis';
import { JOB_PART_TYPES, QUEUE_LISTS, QUEUE_PART_TYPES, QUEUE_SORTED_SETS, jobPart, queueKey } from './bullmq-keys';
import { type QueueName, REDIS_PREFIX, queueNames } from './job-types';
import { asQueueUnavailable } from '../redis/errors';

/** Keys per pass, and keys per script. A long script would block other clients. */
const KEYS_PER_PASS = 5_000;
const KEYS_PER_SCRIPT = 500;
/** The reconciler re-enqueues unfinished work within minutes, so an older orphaned job is no longer needed. */
const UNWANTED_AFTER_MS = 24 * 3_600_000;

const RUN_PARTS: Record<string, string> = { '': 'hash', seen: 'string', failed: 'string' };
/** Shared keys. A wrong type here would stop all batches or statistics. */
const SHARED_KEYS: Record<string, string> = {
  'fair:clock': 'string',
  'fair:tenants': 'hash',
  pace: 'hash',
  throughput: 'hash',
  workers: 'zset',
  'backlog-history': 'zset',
  swept: 'string',
  'sums:unsent': 'zset',
  outbox: 'hash',
  'outbox:due': 'zset',
};
/** Keys of one minute, tenant, batch, record or model. */
const NUMBERED_KEYS: readonly [RegExp, string][] = [
  [/^sums:\d+(:sent)?$/, 'hash'],
  [/^pace:sha256:[^:]+$/, 'hash'],
  [/^stored-inputs:[^:]+$/, 'hash'],
  [/^stored-inputs:[^:]+:changes$/, 'string'],
  [/^(counted|grouped|rate|signed-out):[^:]+$/, 'string'],
];
const QUEUES: readonly QueueName[] = Object.values(queueNames);
const FIXED_KEYS = [
  ...QUEUES.flatMap((queue) => Object.keys(QUEUE_PART_TYPES).map((part) => queueKey(queue) + part)),
  ...Object.keys(SHARED_KEYS).map((name) => `${REDIS_PREFIX}:${name}`),
];

const QUEUE_KEY = new RegExp(`^${REDIS_PREFIX}:(${QUEUES.join('|')}):([^:]+)(:[^:]+)?$`);
const RUN_KEY = new RegExp(`^${REDIS_PREFIX}:progress:[^:]+:\\d+(?::([^:]+))?$`);

/** KEYS, and their expected types in ARGV. Removes the keys of another type and returns them. */
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
 * KEYS[1]: a queue. ARGV: a time in ms, then job ids. Removes orphaned jobs, which are in no list or set of the queue, if they
 * have finished or were created before that time. BullMQ would keep them: it removes jobs through :completed and :failed.
 */
const REMOVE_ORPHANS = `
local queue, removed = KEYS[1], 0
local function isQueued(id)
  for _, set in ipairs({ '${QUEUE_SORTED_SETS.join("', '")}' }) do
    if redis.call('ZSCORE', queue .. set, id) then return true end
  end
  for _, list in ipairs({ '${QUEUE_LISTS.join("', '")}' }) do
    if redis.call('LPOS', queue .. list, id) then return true end
  end
  return redis.call('EXISTS', queue .. ':' .. id .. '${jobPart.lock}') == 1
end
for i = 2, #ARGV do
  local key = queue .. ':' .. ARGV[i]
  local finishedOn, timestamp = unpack(redis.call('HMGET', key, 'finishedOn', 'timestamp'))
  local isUnwanted = finishedOn or not timestamp or tonumber(timestamp) < tonumber(ARGV[1])
  if isUnwanted and not isQueued(ARGV[i]) then
    removed = removed + redis.call('UNLINK', key)
    for _, part in ipairs({ '${Object.values(jobPart).join("', '")}' }) do redis.call('UNLINK', key .. part) end
  end
end
return removed`;

/** The required type of a key; undefined for keys that are not checked. */
function typeOf(key: string): string | undefined {
  const [, , name = '', part = ''] = QUEUE_KEY.exec(key) ?? [];
  if (name !== '') return (part === '' ? QUEUE_PART_TYPES[`:${name}`] : undefined) ?? JOB_PART_TYPES[part];
  const run = RUN_KEY.exec(key);
  if (run !== null) return RUN_PARTS[run[1] ?? ''];
  const own = key.slice(REDIS_PREFIX.length + 1);
  return SHARED_KEYS[own] ?? NUMBERED_KEYS.find(([pattern]) => pattern.test(own))?.[1];
}

export interface UpkeepResult {
  /** Removed keys of the wrong type. The reconciler restores lost work. */
  mistyped: string[];
  /** Number of orphaned jobs removed. */
  orphaned: number;
}

/**
 * Cleans up after data loss in Redis or commands of other programs: removes keys of the wrong type, on which every command
 * fails, and orphaned jobs, which are in no list. A pass covers a part of the keys; the next pass continues after it.
 */
export class KeyUpkeep {
  private cursor = '0';

  constructor(private readonly redis: Redis) {}

  /** Makes one pass. @throws QueueUnavailableError */
  async runPass(nowMs = Date.now()): Promise<UpkeepResult> {
    const result: UpkeepResult = { mistyped: await this.removeMistyped(FIXED_KEYS), orphaned: 0 };
    for (let seen = 0; seen < KEYS_PER_PASS; seen += KEYS_PER_SCRIPT) {
      const [next, keys] = await asQueueUnavailable(
        this.redis.scan(this.cursor, 'MATCH', `${REDIS_PREFIX}:*`, 'COUNT', KEYS_PER_SCRIPT),
      );
      this.cursor = next;
      result.mistyped.push(...(await this.removeMistyped(keys)));
      for (const queue of QUEUES) result.orphaned += await this.removeOrphans(queue, keys, nowMs);
      if (next === '0') break;
    }
    return result;
  }

  private async removeMistyped(keys: readonly string[]): Promise<string[]> {
    const checked = keys.filter((key) => typeOf(key) !== undefined);
    if (checked.length === 0) return [];
    return (await asQueueUnavailable(
      this.redis.eval(REMOVE_MISTYPED, checked.length, ...checked, ...checked.map((key) => typeOf(key) as string)),
    )) as string[];
  }

  private async removeOrphans(queue: QueueName, keys: readonly string[], nowMs: number): Promise<number> {
    const ids = keys.flatMap((key) => {
      const [, ownQueue, name = '', part] = QUEUE_KEY.exec(key) ?? [];
      return ownQueue === queue && part === undefined && !(`:${name}` in QUEUE_PART_TYPES) ? [name] : [];
    });
    if (ids.length === 0) return 0;
    return Number(
      await asQueueUnavailable(this.redis.eval(REMOVE_ORPHANS, 1, queueKey(queue), nowMs - UNWANTED_AFTER_MS, ...ids)),
    );
  }
}
