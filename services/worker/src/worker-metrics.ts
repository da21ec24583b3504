import { type CounterName, PrometheusMetrics, distributionField } from '@cytoqueue/metrics';
import {
  type BatchProgress,
  CANARY_TENANT,
  type CounterValues,
  type Job,
  MinuteCounters,
  type PredictionGroupJob,
  type PredictionJob,
  type ShardJob,
} from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { ShardCounts } from '@cytoqueue/records';
import type { Redis } from 'ioredis';

/**
 * Counts this worker's work: in this process for Prometheus, in Redis for everything else. Counters that must be exact
 * change in the same Redis call that deduplicates the effect, before the job completes: a crash loses no count and a
 * redelivery adds none. The canary's records are counted by the API process that sends them.
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

  /** Counts an attempt after the first: after a failed attempt, a crashed worker or an unavailable store. */
  countFurtherAttempt(job: Job<{ tenant: string }>): void {
    if (job.attemptsStarted > 1 && job.data.tenant !== CANARY_TENANT) this.count('JobsRetried');
  }

  /**
   * Adds a stored shard to its batch's live counts and to the metrics, once per shard.
   * @param seconds to score and store it; undefined if an earlier delivery did so
   */
  async countScoredShard(
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

  /** Call when a record's result is stored. */
  async predictionCompleted(job: Job<PredictionJob>): Promise<void> {
    await this.countPredictions(job, async (counters) =>
      (await this.counters.addOncePerJob('predictions', job.id ?? '', counters)) ? 1 : 0,
    );
  }

  /** Call when the results of these records of a group are stored. */
  async groupCompleted(job: Job<PredictionGroupJob>, predictionIds: readonly string[]): Promise<void> {
    await this.countPredictions(job, (counters) =>
      this.counters.addOncePerRecord(job.id ?? '', predictionIds, counters),
    );
  }

  /** @param addOnce adds the counters of one record for each that is not counted yet, and returns how many these were */
  private async countPredictions(
    { data, timestamp, processedOn = timestamp }: Job<PredictionJob | PredictionGroupJob>,
    addOnce: (counters: CounterValues) => Promise<number>,
  ): Promise<void> {
    if (data.tenant === CANARY_TENANT) return;
    const [waitedMs, totalMs] = [processedOn - timestamp, Date.now() - timestamp];
    const counted = await addOnce({
      PredictionsCompleted: 1,
      [distributionField('PredictionQueueWait', waitedMs)]: 1,
      [distributionField('PredictionLatency', totalMs)]: 1,
    });
    this.prometheus.count('PredictionsCompleted', counted);
    for (let i = 0; i < counted; i++) {
      this.prometheus.observe('PredictionQueueWait', waitedMs);
      this.prometheus.observe('PredictionLatency', totalMs);
    }
  }

  predictionFailed({ data }: Job<PredictionJob>): void {
    if (data.tenant !== CANARY_TENANT) this.count('PredictionsFailed');
  }

  /** Counts the rows of a batch that a shadow version has scored. Call when its counts are stored. */
  shadowScored({ agreed, disagreed }: { agreed: number; disagreed: number }): void {
    this.count('ShadowRowsAgreed', agreed);
    this.count('ShadowRowsDisagreed', disagreed);
  }

  /** Counts accepted work that had lost its job and was enqueued again. */
  reconciled(): void {
    this.count('ReconciledJobs');
  }

  /** Counts a job that was malformed or named a resource that the store does not have. */
  jobRejected(): void {
    this.count('JobsRefused');
  }

  /** Counts a stored object that is damaged or differs from what its input and model give. */
  checksumMismatch(): void {
    this.count('ChecksumMismatches');
  }

  /** Counts a failed check of the object store or Redis. */
  dependencyProbeFailed(): void {
    this.count('DependencyProbesFailed');
  }

  text(): Promise<{ contentType: string; body: string }> {
    return this.prometheus.text();
  }

  /** Does not wait for Redis: a lost count must not stop the work. */
  private count(name: CounterName, value = 1): void {
    this.prometheus.count(name, value);
    this.counters
      .add({ [name]: value })
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a count was lost'));
  }
}
