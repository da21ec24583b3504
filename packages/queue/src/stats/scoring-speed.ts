import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const SCORING_SPEED_KEY = `${REDIS_PREFIX}:pace`;
/** An older scoring speed says nothing about the present. */
const TTL_SECONDS = 3_600;

/** Halves the sums when they grow large, so that recent shards weigh most. */
const RECORD_SCRIPT = `
for _, key in ipairs(KEYS) do
  local rows = redis.call('HINCRBY', key, 'rows', ARGV[1])
  local ms = redis.call('HINCRBY', key, 'ms', ARGV[2])
  if rows > 4000000 then redis.call('HSET', key, 'rows', math.floor(rows / 2), 'ms', math.floor(ms / 2)) end
  redis.call('EXPIRE', key, ARGV[3])
end`;

/** Speeds of models differ tenfold, so each has a key of its own. */
function keyOf(modelDigest: string): string {
  return `${SCORING_SPEED_KEY}:${modelDigest}`;
}

/** Records that one shard of `rows` rows took `ms` milliseconds to score and store. */
export async function recordScoringSpeed(redis: Redis, modelDigest: string, rows: number, ms: number): Promise<void> {
  const keys = [SCORING_SPEED_KEY, keyOf(modelDigest)];
  await redis.eval(RECORD_SCRIPT, keys.length, ...keys, rows, Math.max(1, Math.round(ms)), TTL_SECONDS);
}

/**
 * Recent rows per second of one scoring thread, with one model or with all; undefined without data.
 * @throws QueueUnavailableError
 */
export async function readScoringSpeed(redis: Redis, modelDigest?: string): Promise<number | undefined> {
  const key = modelDigest === undefined ? SCORING_SPEED_KEY : keyOf(modelDigest);
  const [rows, ms] = await asQueueUnavailable(redis.hmget(key, 'rows', 'ms'));
  return rows && ms ? (Number(rows) / Number(ms)) * 1_000 : undefined;
}
