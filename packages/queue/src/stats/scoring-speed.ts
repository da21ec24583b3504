import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const SCORING_SPEED_KEY = `${REDIS_PREFIX}:pace`;
/** An older scoring speed says nothing about the present. */
const TTL_SECONDS = 3_600;

/** Halves the sums when they grow large, so that recent shards weigh most. */
const RECORD_SCRIPT = `
local rows = redis.call('HINCRBY', KEYS[1], 'rows', ARGV[1])
local ms = redis.call('HINCRBY', KEYS[1], 'ms', ARGV[2])
if rows > 4000000 then redis.call('HSET', KEYS[1], 'rows', math.floor(rows / 2), 'ms', math.floor(ms / 2)) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return rows`;

/** Records that one shard of `rows` rows took `ms` milliseconds to score and store. */
export async function recordScoringSpeed(redis: Redis, rows: number, ms: number): Promise<void> {
  await redis.eval(RECORD_SCRIPT, 1, SCORING_SPEED_KEY, rows, Math.max(1, Math.round(ms)), TTL_SECONDS);
}

/** Recent rows per second of one scoring thread; undefined without data. @throws QueueUnavailableError */
export async function readScoringSpeed(redis: Redis): Promise<number | undefined> {
  const [rows, ms] = await asQueueUnavailable(redis.hmget(SCORING_SPEED_KEY, 'rows', 'ms'));
  return rows && ms ? (Number(rows) / Number(ms)) * 1_000 : undefined;
}
