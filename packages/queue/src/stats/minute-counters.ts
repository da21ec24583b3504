import type { Redis } from 'ioredis';
import { type QueueName, REDIS_PREFIX } from '../jobs/job-types';
import { ADD_FINISHED_ROWS_SCRIPT } from './throughput';
import { asQueueUnavailable } from '../redis/errors';

/** How long a minute's sums are kept: the last hour is shown, and whoever publishes them may be away for the rest. */
const TTL_SECONDS = 7_200;
export const MINUTE_COUNTERS_KEY = `${REDIS_PREFIX}:sums`;
/** Minutes that came to something, for whoever sends it on. */
export const UNSENT_MINUTES_KEY = `${MINUTE_COUNTERS_KEY}:unsent`;

/**
 * Lua: adds pairs of name and increment, from `ARGV[first]` on, to the sums of the present minute by Redis's own clock. What a
 * minute came to never changes once it is over. For scripts that count something together with what makes it count once.
 */
export const ADD_COUNTERS_SCRIPT = `
local function addSums(first)
  if first > #ARGV then return end
  local minute = math.floor(redis.call('TIME')[1] / 60)
  local key = '${MINUTE_COUNTERS_KEY}:' .. minute
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZADD', '${UNSENT_MINUTES_KEY}', minute, minute)
    redis.call('ZREMRANGEBYSCORE', '${UNSENT_MINUTES_KEY}', '-inf', minute - ${TTL_SECONDS / 60})
  end
  for i = first, #ARGV, 2 do redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', key, ${TTL_SECONDS})
end`;

const ADD_SCRIPT = `${ADD_COUNTERS_SCRIPT}
addSums(1)
return 1`;

/** A job's own hash remembers that it was counted, as long as there is the job: one that Redis has lost is not delivered again. */
const ADD_ONCE_SCRIPT = `${ADD_COUNTERS_SCRIPT}${ADD_FINISHED_ROWS_SCRIPT}
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSETNX', KEYS[1], 'counted', 1) == 0 then return 0 end
addFinishedRows(1)
addSums(1)
return 1`;

const RECENT_SCRIPT = `
local time = redis.call('TIME')
local minute = math.floor(time[1] / 60)
local found = { time[1] % 60 }
for age = 0, ARGV[1] - 1 do found[age + 2] = redis.call('HGETALL', '${MINUTE_COUNTERS_KEY}:' .. (minute - age)) end
return found`;

/** By name, whole numbers. */
export type CounterValues = Record<string, number>;

export interface RecentCounters {
  /** How much of the present minute is over, 0..59. */
  seconds: number;
  /** The present minute first, then the whole ones before it. */
  minutes: CounterValues[];
}

/** As arguments of a script that ends in `addSums`. */
export function counterArguments(counters: CounterValues): (string | number)[] {
  return Object.entries(counters).flat();
}

/** Counts of what was done, by minute, shared by all processes: one that is killed takes nothing with it that it has counted. */
export class MinuteCounters {
  constructor(private readonly redis: Redis) {}

  /** Whole numbers only. */
  async add(counters: CounterValues): Promise<void> {
    await asQueueUnavailable(this.redis.eval(ADD_SCRIPT, 0, ...counterArguments(counters)));
  }

  /** The same for a job of one row that may be delivered again after it was counted. @returns whether it was counted now */
  async addOncePerJob(queue: QueueName, jobId: string, counters: CounterValues): Promise<boolean> {
    return (
      (await asQueueUnavailable(
        this.redis.eval(ADD_ONCE_SCRIPT, 1, `${REDIS_PREFIX}:${queue}:${jobId}`, ...counterArguments(counters)),
      )) === 1
    );
  }

  /** Of the last minutes, at most 120. @throws QueueUnavailableError */
  async recent(minutes: number): Promise<RecentCounters> {
    const [seconds, ...found] = (await asQueueUnavailable(this.redis.eval(RECENT_SCRIPT, 0, minutes))) as [
      number,
      ...string[][],
    ];
    return { seconds, minutes: found.map(parseCounters) };
  }
}

/** From Redis's flat list of names and values. */
export function parseCounters(flat: readonly string[]): CounterValues {
  const counters: CounterValues = {};
  for (let i = 0; i < flat.length; i += 2) counters[flat[i]] = Number(flat[i + 1]);
  return counters;
}
