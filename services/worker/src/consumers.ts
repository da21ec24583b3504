import {
  type BatchProgress,
  JobConsumer,
  type FinalizeJob,
  type Job,
  type PredictionJob,
  type QueueName,
  type RowEvidenceJob,
  type ShardJob,
  type TrainingJob,
  advanceVirtualClock,
  jobIds,
  publishChange,
  queueNames,
} from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { Logger, TaskProtection } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import {
  InvalidJobError,
  checkFinalizeJob,
  checkRowEvidenceJob,
  checkShardJob,
  checkTrainingJob,
  isFinalizeJob,
  isPredictionJob,
  isRowEvidenceJob,
  isShardJob,
  isTrainingJob,
  loggableId,
  wasRejected,
} from './jobs/check-job';
import { Finalizer } from './jobs/finalize';
import { PredictionProcessor } from './jobs/prediction';
import { Predictors } from './jobs/predictors';
import { explainRow } from './jobs/row-evidence';
import { CrashIsolation } from './jobs/crash-isolation';
import { jobLogFields, runJob } from './jobs/run-job';
import { BatchDocumentCache } from './jobs/batch-documents';
import { processShard } from './jobs/shard';
import type { TrainingProcessor } from './training/training-processor';
import type { ScoringPool } from './scoring/pool';
import type { LivenessMonitor } from './liveness-monitor';
import type { WorkerMetrics } from './worker-metrics';

export interface WorkerDeps {
  trainings: TrainingProcessor;
  store: ObjectStore;
  registry: ModelRegistry;
  pool: ScoringPool;
  progress: BatchProgress;
  metrics: WorkerMetrics;
  livenessMonitor: Pick<LivenessMonitor, 'recordActivity'>;
  redis: Redis;
  logger: Logger;
  /** Runs shards and finalizations, which protect the task once they take long. */
  protection: Pick<TaskProtection, 'run'>;
  /** Scoring threads. */
  threads: number;
}

const PREDICTION_CONCURRENCY = 16;
/** Shards that are read, written or reported while others are scored. One was too few: the scoring threads waited. */
const PREFETCHED_SHARDS = 2;

/** The number of shards that a busy worker with `threads` scoring threads has active. */
export function shardConcurrency(threads: number): number {
  return threads + PREFETCHED_SHARDS;
}

/** Creates one consumer per queue. A change is published after its effect is stored. */
export function createConsumers(
  deps: WorkerDeps,
  predictors = new Predictors(deps.registry),
): { start: () => void; stop: () => Promise<void> } {
  const batchDocuments = new BatchDocumentCache(deps.store);
  const consumers = [
    createPredictionConsumer(deps, batchDocuments, predictors),
    ...createBatchConsumers(deps, batchDocuments),
    createTrainingConsumer(deps),
  ];
  return {
    start: () => consumers.forEach((consumer) => consumer.start()),
    stop: async () => {
      await deps.trainings.stop();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

/** Consumes the predictions queue: single records, and evidence of single rows on request. */
function createPredictionConsumer(
  deps: WorkerDeps,
  batchDocuments: BatchDocumentCache,
  predictors: Predictors,
): JobConsumer<PredictionJob | RowEvidenceJob> {
  const processor = new PredictionProcessor(deps, predictors);
  return createConsumer<PredictionJob | RowEvidenceJob>(deps, queueNames.predictions, PREDICTION_CONCURRENCY, {
    isWellFormed: (job) => isPredictionJob(job) || isRowEvidenceJob(job),
    check: async (data) => {
      if (isRowEvidenceData(data)) await checkRowEvidenceJob(batchDocuments, data);
    },
    process: ({ data }) =>
      isRowEvidenceData(data)
        ? explainRow({ store: deps.store, predictors }, batchDocuments, data)
        : processor.process(data),
    onCompleted: async (job) => {
      if (isPrediction(job)) await deps.metrics.predictionCompleted(job);
    },
    cleanUp: async (data) => {
      if (!isRowEvidenceData(data)) await processor.cleanUp(data);
    },
    onAttemptsExhausted: async (job) => {
      if (!isPrediction(job)) return;
      deps.metrics.predictionFailed(job);
      await processor.fail(job.data);
    },
    changedId: (data) => (isRowEvidenceData(data) ? jobIds.rowEvidence(data.batchId, data.row) : data.predictionId),
  });
}

function isRowEvidenceData(data: PredictionJob | RowEvidenceJob): data is RowEvidenceJob {
  return 'row' in data;
}

function isPrediction(job: Job<PredictionJob | RowEvidenceJob>): job is Job<PredictionJob> {
  return !isRowEvidenceData(job.data);
}

function createBatchConsumers(
  deps: WorkerDeps,
  batchDocuments: BatchDocumentCache,
): [JobConsumer<ShardJob>, JobConsumer<FinalizeJob>] {
  const finalizer = new Finalizer(deps, batchDocuments);
  const crashIsolation = new CrashIsolation();
  const { protection } = deps;
  const changedId = ({ batchId }: { batchId: string }) => batchId;
  return [
    createConsumer<ShardJob>(deps, queueNames.shards, shardConcurrency(deps.threads), {
      isWellFormed: isShardJob,
      check: (data) => checkShardJob(batchDocuments, data),
      process: async ({ data, priority, stalledCounter }) => {
        await protection.run(() =>
          crashIsolation.run(stalledCounter > 0, () => processShard(deps, batchDocuments, data)),
        );
        await advanceVirtualClock(deps.redis, priority);
      },
      // The flow reports the failure to the finalizer, which writes the shard's rows to the errors file.
      onAttemptsExhausted: ({ data }) => deps.metrics.shardFailed(data),
      changedId,
    }),
    createConsumer<FinalizeJob>(deps, queueNames.finalize, 1, {
      isWellFormed: isFinalizeJob,
      check: (data) => checkFinalizeJob(batchDocuments, data),
      process: (job) =>
        protection.run(async () =>
          finalizer.process(job.data, exhaustedShards(await job.getIgnoredChildrenFailures())),
        ),
      onAttemptsExhausted: ({ data }) => finalizer.failRun(data),
      changedId,
    }),
  ];
}

function createTrainingConsumer(deps: WorkerDeps): JobConsumer<TrainingJob> {
  const { trainings } = deps;
  return createConsumer<TrainingJob>(deps, queueNames.trainings, 1, {
    isWellFormed: isTrainingJob,
    check: (data) => checkTrainingJob(deps.store, data),
    process: ({ data }) => trainings.process(data),
    onAttemptsExhausted: ({ data }) => trainings.fail(data),
    changedId: ({ trainingId }) => trainingId,
  });
}

interface QueueHandler<T> {
  /** Whether the payload has the form of this queue's jobs. */
  isWellFormed: (job: Job<T>) => boolean;
  /** @throws InvalidJobError when the store does not have the resource that the job names */
  check?: (data: T) => Promise<unknown>;
  /** @returns false when a record's result was not stored; see `PredictionProcessor.process` */
  process: (job: Job<T>) => Promise<boolean | void>;
  /** Called unless `process` returned false, in parallel with publishing the change. */
  onCompleted?: (job: Job<T>) => Promise<void>;
  /** Removes what is left over; runs after waiting clients have been notified. */
  cleanUp?: (data: T) => Promise<void>;
  onAttemptsExhausted: (job: Job<T>) => Promise<void>;
  /** The id of the resource whose subscribers are notified. */
  changedId: (data: T) => string;
}

/**
 * On an error, `runJob` logs it and `toJobError` (errors.ts) turns it into a job error; `JobConsumer` postpones the
 * job, or BullMQ tries it again or, after the last attempt, calls `onAttemptsExhausted`.
 */
function createConsumer<T extends { v: number; tenant: string }>(
  deps: WorkerDeps,
  queue: QueueName,
  concurrency: number,
  handler: QueueHandler<T>,
): JobConsumer<T> {
  const { redis, logger } = deps;
  const onError = (error: Error) => logger.warn({ err: error, queue }, 'queue error');
  return new JobConsumer<T>({
    queue,
    connection: redis,
    concurrency,
    onError,
    process: async (job) => {
      if (!handler.isWellFormed(job)) throw new InvalidJobError('malformed');
      await runJob(job, deps, async () => {
        await handler.check?.(job.data);
        const effect = await handler.process(job);
        await Promise.all([
          publishChange(redis, handler.changedId(job.data)),
          effect !== false && handler.onCompleted?.(job),
        ]);
        await handler.cleanUp?.(job.data);
      });
    },
    onAttemptsExhausted: async (job, error) => {
      const rejection = error instanceof InvalidJobError ? error : await findRejection(handler, job);
      if (rejection !== undefined) return reportRejected(deps, job, rejection);
      logger.error({ ...jobLogFields(job), err: error }, 'job failed');
      await handler.onAttemptsExhausted(job);
      await publishChange(redis, handler.changedId(job.data));
    },
  });
}

/** Checks a job that failed without being processed: one that crashed its workers was never checked. */
async function findRejection<T>(handler: QueueHandler<T>, job: Job<T>): Promise<InvalidJobError | undefined> {
  if (!handler.isWellFormed(job)) return new InvalidJobError('malformed');
  try {
    await handler.check?.(job.data);
  } catch (error) {
    if (error instanceof InvalidJobError) return error;
  }
  return undefined;
}

/**
 * Logs a rejected job. An unknown batch or training was rolled back or deleted, which is normal; every other reason is an error.
 * The payload is not logged, because it may contain anything.
 */
function reportRejected(
  { metrics, logger }: WorkerDeps,
  job: Job<unknown>,
  { reason, message }: InvalidJobError,
): void {
  metrics.jobRejected();
  logger[reason === 'unknown-batch' || reason === 'unknown-training' ? 'info' : 'error'](
    { job: loggableId(job), queue: job.queueName, reason },
    message,
  );
}

/**
 * Returns the shards whose jobs have used up their attempts, from the flow's failed children: a child's key ends in the
 * job id, which ends in the shard (see jobIds). A child that was rejected as invalid is left out, because its shard was
 * never tried; the finalizer scores it.
 */
function exhaustedShards(failures: Record<string, string>): Set<number> {
  const tried = Object.entries(failures).filter(([, reason]) => !wasRejected(reason));
  return new Set(tried.map(([key]) => Number(key.slice(key.lastIndexOf('.') + 1))));
}
