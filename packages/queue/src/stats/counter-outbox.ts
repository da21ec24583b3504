import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { MINUTE_COUNTERS_KEY, type CounterValues, UNSENT_MINUTES_KEY } from './minute-counters';
import { asQueueUnavailable } from '../redis/errors';

const ENTRIES_KEY = `${REDIS_PREFIX}:outbox`;
const DUE_KEY = `${REDIS_PREFIX}:outbox:due`;
/** Lease: an entry is not handed out again for 60 s, longer than sending can take. */
const LEASE_MS = 60_000;
const LEASE_PAGE_SIZE = 120;
/** Older entries are deleted unsent, because they are useless for alarms. */
const TTL_MINUTES = 24 * 60;
const TTL_SECONDS = TTL_MINUTES * 60;

/**
 * Atomic: moves unsent increments of each minute into outbox entries, each increment into exactly one, and leases due entries.
 */
const LEASE_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local present = math.floor(time[1] / 60)
for _, minute in ipairs(redis.call('ZRANGE', '${UNSENT_MINUTES_KEY}', 0, -1)) do
  if tonumber(minute) < present or ARGV[1] == '1' then
    local sums, sent = redis.call('HGETALL', '${MINUTE_COUNTERS_KEY}:' .. minute), '${MINUTE_COUNTERS_KEY}:' .. minute .. ':sent'
    local new, any = {}, false
    for i = 1, #sums, 2 do
      local increase = sums[i + 1] - (redis.call('HGET', sent, sums[i]) or 0)
      if increase > 0 then new[sums[i]], any = increase, true end
    end
    if any then
      local id = minute .. '.' .. time[1] .. '.' .. time[2]
      redis.call('HSET', KEYS[1], id, cjson.encode({ minute = tonumber(minute), sums = new }))
      redis.call('ZADD', KEYS[2], 0, id)
      redis.call('HSET', sent, unpack(sums))
      redis.call('EXPIRE', sent, ${TTL_SECONDS})
    end
    if tonumber(minute) < present then
      redis.call('ZREM', '${UNSENT_MINUTES_KEY}', minute)
      redis.call('DEL', sent)
    end
  end
end
local found = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ${LEASE_PAGE_SIZE})) do
  redis.call('ZADD', KEYS[2], now + ${LEASE_MS}, id)
  found[i] = { id, redis.call('HGET', KEYS[1], id) }
end
return found`;

const ACKNOWLEDGE_SCRIPT = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])`;

export interface OutboxEntry {
  id: string;
  /** Minutes since the epoch. */
  minute: number;
  counters: CounterValues;
}

/**
 * Hands the minute counters to a long-term metrics store. Several processes may lease entries. Each entry has one holder; if it
 * does not acknowledge within a minute, the entry is handed out again.
 */
export class CounterOutbox {
  constructor(private readonly redis: Redis) {}

  /** @param includeCurrent include the current minute so far @throws QueueUnavailableError */
  async lease(includeCurrent: boolean): Promise<OutboxEntry[]> {
    const found = (await asQueueUnavailable(
      this.redis.eval(LEASE_SCRIPT, 2, ENTRIES_KEY, DUE_KEY, includeCurrent ? 1 : 0),
    )) as [string, string | null][];
    const entries = found.map(([id, json]) => parseEntry(id, json));
    const oldest = Date.now() / 60_000 - TTL_MINUTES;
    await Promise.all(entries.filter(({ minute }) => minute < oldest).map(({ id }) => this.acknowledge(id)));
    return entries.filter(({ minute }) => minute >= oldest);
  }

  /** Removes an entry that was sent. */
  async acknowledge(id: string): Promise<void> {
    await asQueueUnavailable(this.redis.eval(ACKNOWLEDGE_SCRIPT, 2, ENTRIES_KEY, DUE_KEY, id));
  }

  /** By Redis's clock, which the counters use. */
  async currentMinute(): Promise<number> {
    const [seconds] = await asQueueUnavailable(this.redis.time());
    return Math.floor(Number(seconds) / 60);
  }
}

/** A damaged entry counts as an old entry without counters, so that it is removed and does not block the others. */
function parseEntry(id: string, json: string | null): OutboxEntry {
  try {
    const { minute, sums: counters } = JSON.parse(json ?? '') as { minute: number; sums: CounterValues };
    if (Number.isInteger(minute) && typeof counters === 'object') return { id, minute, counters };
  } catch {
    // Treated like any other damage below.
  }
  return { id, minute: 0, counters: {} };
}
