import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from './names';
import { readPace, recordPace } from './pace';
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

/** A shard redelivered after it was counted changes nothing: one bit a shard says whether it is in the sums. */
const RECORD_SHARD = `
if redis.call('SETBIT', KEYS[2], ARGV[1], 1) == 1 then return 0 end
for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1`;

/** Live counts of running batches, in Redis, cheap to read: one hash a run, however many shards. */
export class BatchProgress {
  constructor(private readonly redis: Redis) {}

  async recordShard(batchId: string, run: number, shard: number, counts: Omit<ProgressCounts, 'shards'>): Promise<void> {
    const sums = FIELDS.flatMap((field) => [field, field === 'shards' ? 1 : counts[field]]);
    await this.redis.eval(RECORD_SHARD, 2, this.sumsKey(batchId, run), `${this.sumsKey(batchId, run)}:seen`, shard, KEEP_SECONDS, ...sums);
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

  async markFinalizing(batchId: string, run: number): Promise<void> {
    const key = this.sumsKey(batchId, run);
    await this.redis.multi().hset(key, 'finalizing', 1).expire(key, KEEP_SECONDS).exec();
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
