import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const THROUGHPUT_KEY = `${REDIS_PREFIX}:throughput`;
/** Time constant: rows finished this long ago weigh 1/e. */
const DECAY_MS = 5_000;
const TTL_SECONDS = 3_600;
/** Waiting work counts as stalled when no row was finished for this long. */
export const STALLED_AFTER_MS = 15_000;

/** Lua: adds finished rows to the throughput, by Redis's clock. A clock that was set back counts as stopped. */
export const ADD_FINISHED_ROWS_SCRIPT = `
local function addFinishedRows(rows)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = tonumber(redis.call('HGET', '${THROUGHPUT_KEY}', 'lastMs') or now)
  local rate = tonumber(redis.call('HGET', '${THROUGHPUT_KEY}', 'rate') or 0)
  local kept = rate * math.exp(math.min(0, last - now) / ${DECAY_MS})
  redis.call('HSET', '${THROUGHPUT_KEY}', 'rate', kept + rows * 1000 / ${DECAY_MS}, 'lastMs', now)
  redis.call('EXPIRE', '${THROUGHPUT_KEY}', ${TTL_SECONDS})
end`;

const READ_SCRIPT = `
local time = redis.call('TIME')
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('HMGET', '${THROUGHPUT_KEY}', 'rate', 'lastMs') }`;

/** Rows per second at the time when the last rows were finished. */
export interface FinishedRows {
  rate: number;
  /** Milliseconds since the epoch. */
  lastMs: number;
}

export interface Throughput {
  /** Decaying average; 0 when no row was finished for 15 seconds. */
  rowsPerSecond: number;
  /** Time since rows were last finished; undefined after an hour. */
  idleMs: number | undefined;
}

export function throughputAt(finished: FinishedRows | undefined, nowMs: number): Throughput {
  if (finished === undefined) return { rowsPerSecond: 0, idleMs: undefined };
  const idleMs = Math.max(0, nowMs - finished.lastMs);
  return { rowsPerSecond: idleMs < STALLED_AFTER_MS ? finished.rate * Math.exp(-idleMs / DECAY_MS) : 0, idleMs };
}

/** @throws QueueUnavailableError */
export async function readThroughput(redis: Redis): Promise<Throughput> {
  const [nowMs, [rate, lastMs]] = (await asQueueUnavailable(redis.eval(READ_SCRIPT, 0))) as [
    number,
    [string | null, string | null],
  ];
  return throughputAt(
    rate === null || lastMs === null ? undefined : { rate: Number(rate), lastMs: Number(lastMs) },
    nowMs,
  );
}
