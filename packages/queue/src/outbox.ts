import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from './names';
import { SUMS, type Sums, UNSENT_MINUTES } from './sums';
import { orUnavailable } from './unavailable';

const ENTRIES = `${REDIS_PREFIX}:outbox`;
const DUE = `${REDIS_PREFIX}:outbox:due`;
/** So long nobody else is given an entry: longer than sending it can take. */
const LEASE_MS = 60_000;
const MOST_AT_ONCE = 120;
/** Older figures are worth nothing to an alarm, and who sends them has been away for long. */
const KEEP_MINUTES = 24 * 60;
const KEEP_SECONDS = KEEP_MINUTES * 60;

/**
 * Moves what each minute came to since it was last looked at into entries of the outbox, and hands out those that nobody
 * has in hand. One step: a sum is in one entry, whoever looks.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local present = math.floor(time[1] / 60)
for _, minute in ipairs(redis.call('ZRANGE', '${UNSENT_MINUTES}', 0, -1)) do
  if tonumber(minute) < present or ARGV[1] == '1' then
    local sums, sent = redis.call('HGETALL', '${SUMS}:' .. minute), '${SUMS}:' .. minute .. ':sent'
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
      redis.call('EXPIRE', sent, ${KEEP_SECONDS})
    end
    if tonumber(minute) < present then
      redis.call('ZREM', '${UNSENT_MINUTES}', minute)
      redis.call('DEL', sent)
    end
  end
end
local found = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ${MOST_AT_ONCE})) do
  redis.call('ZADD', KEYS[2], now + ${LEASE_MS}, id)
  found[i] = { id, redis.call('HGET', KEYS[1], id) }
end
return found`;

const DONE = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])`;

export interface OutboxEntry {
  id: string;
  /** Since the epoch. */
  minute: number;
  sums: Sums;
}

/**
 * The minutes' sums on their way to whoever keeps figures for longer. Many may take; each entry is handed to one of them,
 * and to another when that one has not said within a minute that it is done.
 */
export class SumsOutbox {
  constructor(private readonly redis: Redis) {}

  /** @param present also what the present minute has come to so far. @throws QueueUnavailableError */
  async take(present: boolean): Promise<OutboxEntry[]> {
    const found = (await orUnavailable(this.redis.eval(TAKE, 2, ENTRIES, DUE, present ? 1 : 0))) as [string, string | null][];
    const entries = found.map(([id, json]) => parseEntry(id, json));
    const oldest = Date.now() / 60_000 - KEEP_MINUTES;
    await Promise.all(entries.filter(({ minute }) => minute < oldest).map(({ id }) => this.done(id)));
    return entries.filter(({ minute }) => minute >= oldest);
  }

  /** The entry was sent. */
  async done(id: string): Promise<void> {
    await orUnavailable(this.redis.eval(DONE, 2, ENTRIES, DUE, id));
  }

  /** By Redis's clock, which the sums go by. */
  async minute(): Promise<number> {
    const [seconds] = await orUnavailable(this.redis.time());
    return Math.floor(Number(seconds) / 60);
  }
}

/** A damaged entry counts as one without figures from long ago: it is removed, and does not hold up the others. */
function parseEntry(id: string, json: string | null): OutboxEntry {
  try {
    const { minute, sums } = JSON.parse(json ?? '') as Omit<OutboxEntry, 'id'>;
    if (Number.isInteger(minute) && typeof sums === 'object') return { id, minute, sums };
  } catch {
    // Handled as any other damage.
  }
  return { id, minute: 0, sums: {} };
}
