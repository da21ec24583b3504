import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const HISTORY_KEY = `${REDIS_PREFIX}:backlog-history`;
const TTL_SECONDS = 7_200;

/** Keeps the backlog of each of the last two hours' minutes, by Redis's clock; the last value of a minute counts. */
const RECORD_SCRIPT = `
local minute = math.floor(redis.call('TIME')[1] / 60)
redis.call('ZREMRANGEBYSCORE', KEYS[1], minute, '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', minute - ${TTL_SECONDS / 60})
redis.call('ZADD', KEYS[1], minute, minute .. ':' .. ARGV[1])
redis.call('EXPIRE', KEYS[1], ${TTL_SECONDS})`;

/** @throws QueueUnavailableError */
export async function recordBacklog(redis: Redis, rows: number): Promise<void> {
  await asQueueUnavailable(redis.eval(RECORD_SCRIPT, 1, HISTORY_KEY, rows));
}

/** Rows by minute (Unix time divided by 60). @throws QueueUnavailableError */
export async function readBacklogHistory(redis: Redis): Promise<Map<number, number>> {
  const entries = await asQueueUnavailable(redis.zrange(HISTORY_KEY, '0', '-1'));
  return new Map(
    entries.map((entry) => {
      const [minute = '', rows = ''] = entry.split(':');
      return [Number(minute), Number(rows)];
    }),
  );
}
