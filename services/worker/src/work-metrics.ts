import { valueField } from '@cytoqueue/metrics';
import { type BatchProgress, CANARY_TENANT, type Job, MinuteSums, type PredictionJob, type ShardJob, type Sums } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { ShardCounts } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';

/**
 * What this worker does, counted. What must be exact is counted in Redis, in the step that makes it count once, so that a
 * killed worker takes no count with it and a redelivery adds none. The canary's records are counted by whoever sends them.
 */
export class WorkMetrics {
  private readonly sums: MinuteSums;

  constructor(
    redis: Redis,
    private readonly progress: BatchProgress,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.sums = new MinuteSums(redis);
  }

  /** A job was handed to this worker. Does not wait: a delivery that is not counted is no reason to stop working. */
  delivered(job: Job<{ tenant: string }>): void {
    if (job.attemptsStarted > 1 && job.data.tenant !== CANARY_TENANT) this.count({ JobsRetried: 1 });
  }

  /** A shard's object is in the store. @param seconds that took; absent when an earlier delivery wrote it */
  async shardScored({ batchId, run, shard }: Omit<ShardJob, 'v' | 'tenant' | 'rows'>, counts: ShardCounts, seconds?: number): Promise<void> {
    const duration = seconds === undefined ? {} : { [valueField('ShardSeconds', seconds)]: 1 };
    const sums = { RowsPredicted: counts.succeeded, RowsRejected: counts.rejected, ...duration };
    await this.progress.recordShard(batchId, run, shard, counts, sums);
  }

  async shardFailed({ batchId, run }: Pick<ShardJob, 'batchId' | 'run'>, shard: number): Promise<void> {
    await this.progress.recordFailedShard(batchId, run, shard, { ShardsFailed: 1 });
  }

  /** A record's result is in the store. */
  async predictionCompleted({ id = '', data, timestamp, processedOn = timestamp }: Job<PredictionJob>): Promise<void> {
    if (data.tenant === CANARY_TENANT) return;
    const waited = valueField('PredictionQueueWait', processedOn - timestamp);
    const total = valueField('PredictionLatency', Date.now() - timestamp);
    await this.sums.addOncePerJob('predictions', id, { PredictionsCompleted: 1, [waited]: 1, [total]: 1 });
  }

  private count(sums: Sums): void {
    this.sums.add(sums).catch((error: unknown) => this.logger.warn({ err: error }, 'not counted'));
  }
}
