import { type CounterName, PrometheusMetrics, distributionField } from '@cytoqueue/metrics';
import {
  type BatchProgress,
  CANARY_TENANT,
  type Job,
  MinuteCounters,
  type PredictionJob,
  type ShardJob,
} from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { ShardCounts } from '@cytoqueue/records';
import type { Redis } from 'ioredis';

/**
 * What this worker does, counted: for Prometheus in this process, for everything else in Redis. What must be exact is counted in the
 * step that makes it count once, before the job is done: a killed worker takes no count with it, and a redelivery adds
 * none. The canary's records are counted by whoever sends them.
 */
export class WorkerMetrics {
  private readonly prometheus = new PrometheusMetrics('worker');
  private readonly counters: MinuteCounters;

  constructor(
    redis: Redis,
    private readonly progress: BatchProgress,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.counters = new MinuteCounters(redis);
  }

  /** A job was handed to this worker. */
  delivered(job: Job<{ tenant: string }>): void {
    if (job.attemptsStarted > 1 && job.data.tenant !== CANARY_TENANT) this.count('JobsRetried');
  }

  /** A shard's object is in the store. @param seconds that took; absent when an earlier delivery wrote it */
  async shardScored(
    { batchId, run, shard }: Pick<ShardJob, 'batchId' | 'run' | 'shard'>,
    counts: ShardCounts,
    seconds?: number,
  ): Promise<void> {
    const duration = seconds === undefined ? {} : { [distributionField('ShardSeconds', seconds)]: 1 };
    const counters = { RowsPredicted: counts.succeeded, RowsRejected: counts.rejected, ...duration };
    if (!(await this.progress.countShard(batchId, run, shard, counts, counters))) return;
    this.prometheus.count('RowsPredicted', counts.succeeded);
    this.prometheus.count('RowsRejected', counts.rejected);
    if (seconds !== undefined) this.prometheus.observe('ShardSeconds', seconds);
  }

  async shardFailed({ batchId, run, shard }: Pick<ShardJob, 'batchId' | 'run' | 'shard'>): Promise<void> {
    if (await this.progress.countFailedShard(batchId, run, shard, { ShardsFailed: 1 }))
      this.prometheus.count('ShardsFailed');
  }

  /** A record's result is in the store. */
  async predictionCompleted({ id = '', data, timestamp, processedOn = timestamp }: Job<PredictionJob>): Promise<void> {
    if (data.tenant === CANARY_TENANT) return;
    const [waitedMs, totalMs] = [processedOn - timestamp, Date.now() - timestamp];
    const counters = {
      PredictionsCompleted: 1,
      [distributionField('PredictionQueueWait', waitedMs)]: 1,
      [distributionField('PredictionLatency', totalMs)]: 1,
    };
    if (!(await this.counters.addOncePerJob('predictions', id, counters))) return;
    this.prometheus.count('PredictionsCompleted');
    this.prometheus.observe('PredictionQueueWait', waitedMs);
    this.prometheus.observe('PredictionLatency', totalMs);
  }

  predictionFailed({ data }: Job<PredictionJob>): void {
    if (data.tenant !== CANARY_TENANT) this.count('PredictionsFailed');
  }

  /** Something that was accepted had no job any more and was enqueued again. */
  reconciled(): void {
    this.count('ReconciledJobs');
  }

  /** A job named what the store does not know, or was malformed. */
  jobRejected(): void {
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
    return this.prometheus.text();
  }

  /** Does not wait: that something is not counted is no reason to stop working. */
  private count(name: CounterName): void {
    this.prometheus.count(name);
    this.counters.add({ [name]: 1 }).catch((error: unknown) => this.logger.warn({ err: error }, 'not counted'));
  }
}
