import { type CountName, Meters, valueField } from '@cytoqueue/metrics';
import { type BatchProgress, CANARY_TENANT, type Job, MinuteSums, type PredictionJob, type ShardJob } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { ShardCounts } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';

/**
 * What this worker does, counted: for Prometheus in this process, for everything else in Redis. What must be exact is counted in the
 * step that makes it count once, before the job is done: a killed worker takes no count with it, and a redelivery adds
 * none. The canary's records are counted by whoever sends them.
 */
export class WorkMetrics {
  private readonly meters = new Meters('worker');
  private readonly sums: MinuteSums;

  constructor(
    redis: Redis,
    private readonly progress: BatchProgress,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.sums = new MinuteSums(redis);
  }

  /** A job was handed to this worker. */
  delivered(job: Job<{ tenant: string }>): void {
    if (job.attemptsStarted > 1 && job.data.tenant !== CANARY_TENANT) this.count('JobsRetried');
  }

  /** A shard's object is in the store. @param seconds that took; absent when an earlier delivery wrote it */
  async shardScored({ batchId, run, shard }: Pick<ShardJob, 'batchId' | 'run' | 'shard'>, counts: ShardCounts, seconds?: number): Promise<void> {
    const duration = seconds === undefined ? {} : { [valueField('ShardSeconds', seconds)]: 1 };
    const sums = { RowsPredicted: counts.succeeded, RowsRejected: counts.rejected, ...duration };
    if (!(await this.progress.recordShard(batchId, run, shard, counts, sums))) return;
    this.meters.count('RowsPredicted', counts.succeeded);
    this.meters.count('RowsRejected', counts.rejected);
    if (seconds !== undefined) this.meters.observe('ShardSeconds', seconds);
  }

  async shardFailed({ batchId, run, shard }: Pick<ShardJob, 'batchId' | 'run' | 'shard'>): Promise<void> {
    if (await this.progress.recordFailedShard(batchId, run, shard, { ShardsFailed: 1 })) this.meters.count('ShardsFailed');
  }

  /** A record's result is in the store. */
  async predictionCompleted({ id = '', data, timestamp, processedOn = timestamp }: Job<PredictionJob>): Promise<void> {
    if (data.tenant === CANARY_TENANT) return;
    const [waitedMs, totalMs] = [processedOn - timestamp, Date.now() - timestamp];
    const sums = { PredictionsCompleted: 1, [valueField('PredictionQueueWait', waitedMs)]: 1, [valueField('PredictionLatency', totalMs)]: 1 };
    if (!(await this.sums.addOncePerJob('predictions', id, sums))) return;
    this.meters.count('PredictionsCompleted');
    this.meters.observe('PredictionQueueWait', waitedMs);
    this.meters.observe('PredictionLatency', totalMs);
  }

  predictionFailed({ data }: Job<PredictionJob>): void {
    if (data.tenant !== CANARY_TENANT) this.count('PredictionsFailed');
  }

  /** Something that was accepted had no job any more and was enqueued again. */
  reconciled(): void {
    this.count('ReconciledJobs');
  }

  /** A job named what the store does not know, or was malformed. */
  jobRefused(): void {
    this.count('JobsRefused');
  }

  /** A stored object is damaged, or differs from what the same input and model result in. */
  checksumMismatch(): void {
    this.count('ChecksumMismatches');
  }

  /** The object store or Redis could not be used as it is. */
  dependencyProbeFailed(): void {
    this.count('DependencyProbesFailed');
  }

  text(): Promise<{ contentType: string; body: string }> {
    return this.meters.text();
  }

  /** Does not wait: that something is not counted is no reason to stop working. */
  private count(name: CountName): void {
    this.meters.count(name);
    this.sums.add({ [name]: 1 }).catch((error: unknown) => this.logger.warn({ err: error }, 'not counted'));
  }
}
