import type { Redis } from 'ioredis';
import { groupKey, jobKey } from '../jobs/bullmq-keys';
import { type QueueName, REDIS_PREFIX } from '../jobs/job-types';
import { ADD_FINISHED_ROWS_SCRIPT } from './throughput';
import { asQueueUnavailable } from '../redis/errors';

/** One hour is displayed; the second hour bridges an outage of the publisher. */
const TTL_SECONDS = 7_200;
export const MINUTE_COUNTERS_KEY = `${REDIS_PREFIX}:sums`;
/** Minutes with unsent increments. */
export const UNSENT_MINUTES_KEY = `${MINUTE_COUNTERS_KEY}:unsent`;

/**
 * Lua: adds pairs of name and increment, from `ARGV[first]` on, to the counters of the current minute by Redis's clock, `times`
 * each. The counters of a past minute never change. For scripts that combine counting with the check that it happens once.
 */
export const ADD_COUNTERS_SCRIPT = `
local function addCounters(first, times)
  if first > #ARGV then return end
  local minute = math.floor(redis.call('TIME')[1] / 60)
  local key = '${MINUTE_COUNTERS_KEY}:' .. minute
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZADD', '${UNSENT_MINUTES_KEY}', minute, minute)
    redis.call('ZREMRANGEBYSCORE', '${UNSENT_MINUTES_KEY}', '-inf', minute - ${TTL_SECONDS / 60})
  end
  for i = first, #ARGV, 2 do redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1] * (times or 1)) end
  redis.call('EXPIRE', key, ${TTL_SECONDS})
end`;

const ADD_SCRIPT = `${ADD_COUNTERS_SCRIPT}
addCounters(1)
return 1`;

/** The job's hash records that it was counted. A job that Redis has lost is not redelivered, so it needs no record. */
const ADD_ONCE_SCRIPT = `${ADD_COUNTERS_SCRIPT}${ADD_FINISHED_ROWS_SCRIPT}
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSETNX', KEYS[1], 'counted', 1) == 0 then return 0 end
addFinishedRows(1)
addCounters(1)
return 1`;

/** The records of the group job KEYS[1] whose keys exist are not counted yet. Without the job they do not matter, as above. */
const ADD_ONCE_PER_RECORD_SCRIPT = `${ADD_COUNTERS_SCRIPT}${ADD_FINISHED_ROWS_SCRIPT}
local isLost = redis.call('EXISTS', KEYS[1]) == 0
local counted = 0
for i = 2, #KEYS do
  if redis.call('DEL', KEYS[i]) == 1 or isLost then counted = counted + 1 end
end
if counted > 0 then
  addFinishedRows(counted)
  addCounters(1, counted)
end
return counted`;

const RECENT_SCRIPT = `
local time = redis.call('TIME')
local minute = math.floor(time[1] / 60)
local found = { time[1] % 60 }
for age = 0, ARGV[1] - 1 do found[age + 2] = redis.call('HGETALL', '${MINUTE_COUNTERS_KEY}:' .. (minute - age)) end
return found`;

/** Integers by name. */
export type CounterValues = Record<string, number>;

export interface RecentCounters {
  /** Elapsed seconds of the current minute, 0 to 59. */
  seconds: number;
  /** The current minute first, then the complete ones before it. */
  minutes: CounterValues[];
}

/** Converts counters to arguments of a script with `addCounters`. */
export function counterArguments(counters: CounterValues): (string | number)[] {
  return Object.entries(counters).flat();
}

/** Counters per minute, shared by all processes. A crashed process loses none of its counts. */
export class MinuteCounters {
  constructor(private readonly redis: Redis) {}

  /** @param counters integers only */
  async add(counters: CounterValues): Promise<void> {
    await asQueueUnavailable(this.redis.eval(ADD_SCRIPT, 0, ...counterArguments(counters)));
  }

  /** Like `add`, but once per job, even if it is redelivered. Adds one row to the throughput. @returns whether it was counted now */
  async addOncePerJob(queue: QueueName, jobId: string, counters: CounterValues): Promise<boolean> {
    return (
      (await asQueueUnavailable(
        this.redis.eval(ADD_ONCE_SCRIPT, 1, jobKey(queue, jobId), ...counterArguments(counters)),
      )) === 1
    );
  }

  /**
   * Like `addOncePerJob` for each of these records of a group job. Removes the keys that name their group.
   * @returns how many were counted now
   */
  async addOncePerRecord(
    groupJobId: string,
    predictionIds: readonly string[],
    counters: CounterValues,
  ): Promise<number> {
    const keys = [jobKey('predictions', groupJobId), ...predictionIds.map(groupKey)];
    return Number(
      await asQueueUnavailable(
        this.redis.eval(ADD_ONCE_PER_RECORD_SCRIPT, keys.length, ...keys, ...counterArguments(counters)),
      ),
    );
  }

  /** Reads the last minutes, at most 120. @throws QueueUnavailableError */
  async recent(minutes: number): Promise<RecentCounters> {
    const [seconds, ...found] = (await asQueueUnavailable(this.redis.eval(RECENT_SCRIPT, 0, minutes))) as [
      number,
      ...string[][],
    ];
    return { seconds, minutes: found.map(parseCounters) };
  }
}

/** Parses Redis's flat list of names and values. */
function parseCounters(flat: readonly string[]): CounterValues {
  const counters: CounterValues = {};
  for (let i = 0; i < flat.length; i += 2) counters[String(flat[i])] = Number(flat[i + 1]);
  return counters;
}
