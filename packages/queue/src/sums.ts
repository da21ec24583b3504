import type { Redis } from 'ioredis';
import { type QueueName, REDIS_PREFIX } from './names';
import { ADD_FINISHED_ROWS } from './throughput';
import { orUnavailable } from './unavailable';

/** How long a minute's sums are kept: the last hour is shown, and whoever publishes them may be away for the rest. */
const KEEP_SECONDS = 7_200;
export const SUMS = `${REDIS_PREFIX}:sums`;
/** Minutes that came to something, for whoever sends it on. */
export const UNSENT_MINUTES = `${SUMS}:unsent`;

/**
 * Lua: adds pairs of name and increment, from `ARGV[first]` on, to the sums of the present minute by Redis's own clock. What a
 * minute came to never changes once it is over. For scripts that count something together with what makes it count once.
 */
export const ADD_SUMS = `
local function addSums(first)
  if first > #ARGV then return end
  local minute = math.floor(redis.call('TIME')[1] / 60)
  local key = '${SUMS}:' .. minute
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZADD', '${UNSENT_MINUTES}', minute, minute)
    redis.call('ZREMRANGEBYSCORE', '${UNSENT_MINUTES}', '-inf', minute - ${KEEP_SECONDS / 60})
  end
  for i = first, #ARGV, 2 do redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', key, ${KEEP_SECONDS})
end`;

const ADD = `${ADD_SUMS}
addSums(1)
return 1`;

/** A job's own hash remembers that it was counted, as long as there is the job: one that Redis has lost is not delivered again. */
const ADD_ONCE = `${ADD_SUMS}${ADD_FINISHED_ROWS}
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSETNX', KEYS[1], 'counted', 1) == 0 then return 0 end
addFinishedRows(1)
addSums(1)
return 1`;

const RECENT = `
local time = redis.call('TIME')
local minute = math.floor(time[1] / 60)
local found = { time[1] % 60 }
for age = 0, ARGV[1] - 1 do found[age + 2] = redis.call('HGETALL', '${SUMS}:' .. (minute - age)) end
return found`;

/** By name, whole numbers. */
export type Sums = Record<string, number>;

export interface RecentSums {
  /** How much of the present minute is over, 0..59. */
  seconds: number;
  /** The present minute first, then the whole ones before it. */
  minutes: Sums[];
}

/** As arguments of a script that ends in `addSums`. */
export function sumArguments(sums: Sums): (string | number)[] {
  return Object.entries(sums).flat();
}

/** Counts of what was done, by minute, shared by all processes: one that is killed takes nothing with it that it has counted. */
export class MinuteSums {
  constructor(private readonly redis: Redis) {}

  /** Whole numbers only. */
  async add(sums: Sums): Promise<void> {
    await orUnavailable(this.redis.eval(ADD, 0, ...sumArguments(sums)));
  }

  /** The same for a job of one row that may be delivered again after it was counted. @returns whether it was counted now */
  async addOncePerJob(queue: QueueName, jobId: string, sums: Sums): Promise<boolean> {
    return (await orUnavailable(this.redis.eval(ADD_ONCE, 1, `${REDIS_PREFIX}:${queue}:${jobId}`, ...sumArguments(sums)))) === 1;
  }

  /** Of the last minutes, at most 120. @throws QueueUnavailableError */
  async recent(minutes: number): Promise<RecentSums> {
    const [seconds, ...found] = (await orUnavailable(this.redis.eval(RECENT, 0, minutes))) as [number, ...string[][]];
    return { seconds, minutes: found.map(toSums) };
  }
}

/** From Redis's flat list of names and values. */
export function toSums(flat: readonly string[]): Sums {
  const sums: Sums = {};
  for (let i = 0; i < flat.length; i += 2) sums[flat[i]] = Number(flat[i + 1]);
  return sums;
}
