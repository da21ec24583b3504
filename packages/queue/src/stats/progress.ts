import type { Redis } from 'ioredis';
import { CHANGES_CHANNEL } from '../redis/changes';
import { REDIS_PREFIX } from '../jobs/job-types';
import { readScoringSpeed, recordScoringSpeed } from './scoring-speed';
import { ADD_COUNTERS_SCRIPT, type CounterValues, counterArguments } from './minute-counters';
import { ADD_FINISHED_ROWS_SCRIPT } from './throughput';
import { asQueueUnavailable } from '../redis/errors';

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

export type LiveProgress = ProgressCounts & { finalizing: boolean; isComplete: boolean };

const FIELDS = ['shards', 'succeeded', 'rejected', 'benign', 'malignant', 'indeterminate', 'missing_features'] as const;
const TTL_SECONDS = 7 * 86_400;

/** Where a field's value is among the arguments of the script below: two arguments, then pairs of name and value. */
function valueAt(field: (typeof FIELDS)[number]): number {
  return 4 + 2 * FIELDS.indexOf(field);
}

/**
 * A shard redelivered after it was counted changes nothing: one bit a shard says whether it is in the run's sums, another
 * whether the minute's sums have had it, in whatever run of the batch.
 */
const COUNT_SHARD_SCRIPT = `${ADD_COUNTERS_SCRIPT}${ADD_FINISHED_ROWS_SCRIPT}
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

const COUNT_FAILED_SCRIPT = `${ADD_COUNTERS_SCRIPT}
local isNew = redis.call('SETBIT', KEYS[1], ARGV[1], 1) == 0
if isNew then addSums(3) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return isNew and 1 or 0`;

/** Live counts of running batches, in Redis, cheap to read: one hash a run, however many shards. */
export class BatchProgress {
  constructor(private readonly redis: Redis) {}

  /**
   * Counts a scored shard, once however often it is told.
   * @param minuteCounters what it adds to the minute's sums, when the batch's shard has not been counted there
   * @returns whether it was counted there now
   */
  async countShard(
    batchId: string,
    run: number,
    shard: number,
    counts: Omit<ProgressCounts, 'shards'>,
    minuteCounters: CounterValues = {},
  ): Promise<boolean> {
    const fields = FIELDS.flatMap((field) => [field, field === 'shards' ? 1 : counts[field]]);
    const key = this.progressKey(batchId, run);
    const keys = [key, `${key}:seen`, `${REDIS_PREFIX}:counted:${batchId}`];
    return (
      (await this.redis.eval(
        COUNT_SHARD_SCRIPT,
        keys.length,
        ...keys,
        shard,
        TTL_SECONDS,
        ...fields,
        ...counterArguments(minuteCounters),
      )) === 1
    );
  }

  /** A shard of this run failed for good: counted once, however often it is told. @returns whether it was counted now */
  async countFailedShard(batchId: string, run: number, shard: number, minuteCounters: CounterValues): Promise<boolean> {
    return (
      (await this.redis.eval(
        COUNT_FAILED_SCRIPT,
        1,
        `${this.progressKey(batchId, run)}:failed`,
        shard,
        TTL_SECONDS,
        ...counterArguments(minuteCounters),
      )) === 1
    );
  }

  /** Of one scoring thread of late; undefined when none was scored. @throws QueueUnavailableError */
  readScoringSpeed(): Promise<number | undefined> {
    return readScoringSpeed(this.redis);
  }

  /** A shard of so many rows took so long. */
  recordScoringSpeed(rows: number, ms: number): Promise<void> {
    return recordScoringSpeed(this.redis, rows, ms);
  }

  /** The run begins: from here on, and as long as Redis keeps it, the sums are all there is of it. */
  async startRun(batchId: string, run: number): Promise<void> {
    const key = this.progressKey(batchId, run);
    await asQueueUnavailable(this.redis.multi().hset(key, 'whole', 1).expire(key, TTL_SECONDS).exec());
  }

  /** Watchers are told as well. */
  async markFinalizing(batchId: string, run: number): Promise<void> {
    const key = this.progressKey(batchId, run);
    await this.redis
      .multi()
      .hset(key, 'finalizing', 1)
      .expire(key, TTL_SECONDS)
      .publish(CHANGES_CHANNEL, batchId)
      .exec();
  }

  /** `whole`: nothing of the run was counted before Redis lost its memory. @throws QueueUnavailableError */
  async read(batchId: string, run: number): Promise<LiveProgress> {
    const values = await asQueueUnavailable(
      this.redis.hmget(this.progressKey(batchId, run), ...FIELDS, 'finalizing', 'whole'),
    );
    const counts = Object.fromEntries(FIELDS.map((field, i) => [field, Number(values[i] ?? 0)]));
    return {
      ...(counts as unknown as ProgressCounts),
      finalizing: values[FIELDS.length] !== null,
      isComplete: values[FIELDS.length + 1] !== null,
    };
  }

  private progressKey(batchId: string, run: number): string {
    return `${REDIS_PREFIX}:progress:${batchId}:${run}`;
  }
}
