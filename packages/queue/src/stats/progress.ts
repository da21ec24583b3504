import type { Redis } from 'ioredis';
import { CHANGES_CHANNEL } from '../redis/changes';
import { REDIS_PREFIX } from '../jobs/job-types';
import { readScoringSpeed, recordScoringSpeed } from './scoring-speed';
import { ADD_COUNTERS_SCRIPT, type CounterValues, counterArguments } from './minute-counters';
import { ADD_FINISHED_ROWS_SCRIPT } from './throughput';
import { readAliveSlots } from './worker-heartbeat';
import { asQueueUnavailable } from '../redis/errors';

const FIELDS = [
  'shards',
  'succeeded',
  'rejected',
  'benign',
  'malignant',
  'indeterminate',
  'missing_features',
  'confident_benign',
  'confident_malignant',
] as const;
const TTL_SECONDS = 7 * 86_400;

/** Rows of finished shards of one run. Approximate: the objects in the store are authoritative. */
export type ProgressCounts = Record<(typeof FIELDS)[number], number>;

export type LiveProgress = ProgressCounts & {
  finalizing: boolean;
  /** False if Redis has lost the run's counts since its start: then they lack the shards that were counted before. */
  hasAllCounts: boolean;
};

/** Index of a field's value in ARGV: ARGV[1] is the shard, ARGV[2] the TTL, then pairs of name and value follow. Lua counts from 1. */
function argumentIndexOf(field: (typeof FIELDS)[number]): number {
  return 4 + 2 * FIELDS.indexOf(field);
}

/**
 * Idempotent: one bit per shard and run guards the run's counts, one per shard and batch guards the metrics' counters
 * (by minute, see minute-counters.ts).
 */
const COUNT_SHARD_SCRIPT = `${ADD_COUNTERS_SCRIPT}${ADD_FINISHED_ROWS_SCRIPT}
local runCounts, countedInRun, countedInBatch = unpack(KEYS)
local isNew = redis.call('SETBIT', countedInBatch, ARGV[1], 1) == 0
if isNew then
  addCounters(3 + 2 * ${FIELDS.length})
  addFinishedRows(ARGV[${argumentIndexOf('succeeded')}] + ARGV[${argumentIndexOf('rejected')}])
end
redis.call('EXPIRE', countedInBatch, ARGV[2])
if redis.call('SETBIT', countedInRun, ARGV[1], 1) == 0 then
  for i = 3, 2 + 2 * ${FIELDS.length}, 2 do redis.call('HINCRBY', runCounts, ARGV[i], ARGV[i + 1]) end
end
redis.call('EXPIRE', runCounts, ARGV[2])
redis.call('EXPIRE', countedInRun, ARGV[2])
return isNew and 1 or 0`;

const COUNT_FAILED_SCRIPT = `${ADD_COUNTERS_SCRIPT}
local isNew = redis.call('SETBIT', KEYS[1], ARGV[1], 1) == 0
if isNew then addCounters(3) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return isNew and 1 or 0`;

/** Live counts of running batches in Redis. Cheap to read: one hash per run. */
export class BatchProgress {
  constructor(private readonly redis: Redis) {}

  /**
   * Counts a scored shard once, however often it is called.
   * @param minuteCounters increments of the metrics' counters, added once per shard and batch
   * @returns whether these were incremented now
   */
  async countShard(
    batchId: string,
    run: number,
    shard: number,
    counts: Omit<ProgressCounts, 'shards'>,
    minuteCounters: CounterValues = {},
  ): Promise<boolean> {
    // Unknown counts (NaN) are stored as 0: readers see that the counts do not add up, so they are incomplete.
    const fields = FIELDS.flatMap((field) => [field, field === 'shards' ? 1 : counts[field] || 0]);
    const key = this.progressKey(batchId, run);
    // Bit sets of the shards that are counted in this run (`:seen`) and in any run of the batch (`counted`).
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

  /** Counts a shard that failed for good, once per run. @returns whether it was counted now */
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

  /** See scoring-speed.ts. @throws QueueUnavailableError */
  readScoringSpeed(modelDigest?: string): Promise<number | undefined> {
    return readScoringSpeed(this.redis, modelDigest);
  }

  /** Shards that all live workers together process at once. @throws QueueUnavailableError */
  readScoringSlots(): Promise<number> {
    return readAliveSlots(this.redis);
  }

  /** See scoring-speed.ts. */
  recordScoringSpeed(modelDigest: string, rows: number, ms: number): Promise<void> {
    return recordScoringSpeed(this.redis, modelDigest, rows, ms);
  }

  /** Marks the start of a run with the field `whole`: the counts are complete as long as Redis keeps the key. */
  async startRun(batchId: string, run: number): Promise<void> {
    const key = this.progressKey(batchId, run);
    await asQueueUnavailable(this.redis.multi().hset(key, 'whole', 1).expire(key, TTL_SECONDS).exec());
  }

  /** Also publishes a change. */
  async markFinalizing(batchId: string, run: number): Promise<void> {
    const key = this.progressKey(batchId, run);
    await this.redis
      .multi()
      .hset(key, 'finalizing', 1)
      .expire(key, TTL_SECONDS)
      .publish(CHANGES_CHANNEL, batchId)
      .exec();
  }

  /** @throws QueueUnavailableError */
  async read(batchId: string, run: number): Promise<LiveProgress> {
    const values = await asQueueUnavailable(
      this.redis.hmget(this.progressKey(batchId, run), ...FIELDS, 'finalizing', 'whole'),
    );
    const counts = Object.fromEntries(FIELDS.map((field, i) => [field, Number(values[i] ?? 0)]));
    return {
      ...(counts as unknown as ProgressCounts),
      finalizing: values[FIELDS.length] !== null,
      hasAllCounts: values[FIELDS.length + 1] !== null,
    };
  }

  private progressKey(batchId: string, run: number): string {
    return `${REDIS_PREFIX}:progress:${batchId}:${run}`;
  }
}
