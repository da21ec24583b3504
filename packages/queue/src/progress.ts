import type { Redis } from 'ioredis';
import { CHANNEL } from './changes';
import { REDIS_PREFIX } from './names';
import { readPace, recordPace } from './pace';
import { ADD_SUMS, type Sums, sumArguments } from './sums';
import { ADD_FINISHED_ROWS } from './throughput';
import { orUnavailable } from './unavailable';

/** Rows of finished shards of one run. Sums only; the truth is the objects in the store. */
export interface ProgressCounts {
  shards: number;
  succeeded: number;
  rejected: number;
  benign: number;
  malignant: number;
  indeterminate: number;
  missing_features: number;
}

export type LiveProgress = ProgressCounts & { finalizing: boolean; whole: boolean };

const FIELDS = ['shards', 'succeeded', 'rejected', 'benign', 'malignant', 'indeterminate', 'missing_features'] as const;
const KEEP_SECONDS = 7 * 86_400;

/** Where a field's value is among the arguments of the script below: two arguments, then pairs of name and value. */
function valueAt(field: (typeof FIELDS)[number]): number {
  return 4 + 2 * FIELDS.indexOf(field);
}

/**
 * A shard redelivered after it was counted changes nothing: one bit a shard says whether it is in the run's sums, another
 * whether the minute's sums have had it, in whatever run of the batch.
 */
const RECORD_SHARD = `${ADD_SUMS}${ADD_FINISHED_ROWS}
local isNew = redis.call('SETBIT', KEYS[3], ARGV[1], 1) == 0
if isNew then
  addSums(3 + 2 * ${FIELDS.length})
  addFinishedRows(ARGV[${valueAt('succeeded')}] + ARGV[${valueAt('rejected')}])
end
redis.call('EXPIRE', KEYS[3], ARGV[2])
if redis.call('SETBIT', KEYS[2], ARGV[1], 1) == 0 then
  for i = 3, 2 + 2 * ${FIELDS.length}, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return isNew and 1 or 0`;

const RECORD_FAILED = `${ADD_SUMS}
local isNew = redis.call('SETBIT', KEYS[1], ARGV[1], 1) == 0
if isNew then addSums(3) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return isNew and 1 or 0`;

/** Live counts of running batches, in Redis, cheap to read: one hash a run, however many shards. */
export class BatchProgress {
  constructor(private readonly redis: Redis) {}

  /**
   * Counts a scored shard, once however often it is told.
   * @param minuteSums what it adds to the minute's sums, when the batch's shard has not been counted there
   * @returns whether it was counted there now
   */
  async recordShard(batchId: string, run: number, shard: number, counts: Omit<ProgressCounts, 'shards'>, minuteSums: Sums = {}): Promise<boolean> {
    const fields = FIELDS.flatMap((field) => [field, field === 'shards' ? 1 : counts[field]]);
    const key = this.sumsKey(batchId, run);
    const keys = [key, `${key}:seen`, `${REDIS_PREFIX}:counted:${batchId}`];
    return (await this.redis.eval(RECORD_SHARD, keys.length, ...keys, shard, KEEP_SECONDS, ...fields, ...sumArguments(minuteSums))) === 1;
  }

  /** A shard of this run failed for good: counted once, however often it is told. @returns whether it was counted now */
  async recordFailedShard(batchId: string, run: number, shard: number, minuteSums: Sums): Promise<boolean> {
    return (await this.redis.eval(RECORD_FAILED, 1, `${this.sumsKey(batchId, run)}:failed`, shard, KEEP_SECONDS, ...sumArguments(minuteSums))) === 1;
  }

  /** Of one scoring thread of late; undefined when none was scored. @throws QueueUnavailableError */
  rowsPerSecond(): Promise<number | undefined> {
    return readPace(this.redis);
  }

  /** A shard of so many rows took so long. */
  recordPace(rows: number, ms: number): Promise<void> {
    return recordPace(this.redis, rows, ms);
  }

  /** The run begins: from here on, and as long as Redis keeps it, the sums are all there is of it. */
  async begin(batchId: string, run: number): Promise<void> {
    const key = this.sumsKey(batchId, run);
    await orUnavailable(this.redis.multi().hset(key, 'whole', 1).expire(key, KEEP_SECONDS).exec());
  }

  /** Watchers are told as well. */
  async markFinalizing(batchId: string, run: number): Promise<void> {
    const key = this.sumsKey(batchId, run);
    await this.redis.multi().hset(key, 'finalizing', 1).expire(key, KEEP_SECONDS).publish(CHANNEL, batchId).exec();
  }

  /** `whole`: nothing of the run was counted before Redis lost its memory. @throws QueueUnavailableError */
  async read(batchId: string, run: number): Promise<LiveProgress> {
    const values = await orUnavailable(this.redis.hmget(this.sumsKey(batchId, run), ...FIELDS, 'finalizing', 'whole'));
    const counts = Object.fromEntries(FIELDS.map((field, i) => [field, Number(values[i] ?? 0)]));
    return { ...(counts as unknown as ProgressCounts), finalizing: values[FIELDS.length] !== null, whole: values[FIELDS.length + 1] !== null };
  }

  private sumsKey(batchId: string, run: number): string {
    return `${REDIS_PREFIX}:progress:${batchId}:${run}`;
  }
}
