import {
  type BatchProgress,
  type Change,
  JobConsumer,
  type FinalizeJob,
  type Job,
  MAX_GROUP_RECORDS,
  type PredictionGroupJob,
  type PredictionJob,
  type PredictionQueue,
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
  isWellFormedFinalizeJob,
  isWellFormedPredictionGroupJob,
  isWellFormedPredictionJob,
  isWellFormedRowEvidenceJob,
  isWellFormedShardJob,
  isWellFormedTrainingJob,
  loggableId,
  wasRejected,
} from './jobs/check-job';
import { Finalizer } from './jobs/finalize';
import { PredictionProcessor } from './jobs/prediction';
import { giveUpGroup, processGroup } from './jobs/prediction-group';
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
  /** Gives records of a group jobs of their own. */
  singleRecords: Pick<PredictionQueue, 'separate' | 'forgetGroup'>;
  progress: BatchProgress;
  metrics: WorkerMetrics;
  livenessMonitor: Pick<LivenessMonitor, 'recordActivity'>;
  redis: Redis;
  logger: Logger;
  /** Keeps Amazon ECS from stopping this container during long shards and finalizations. */
  protection: Pick<TaskProtection, 'run'>;
  /** Scoring threads. */
  threads: number;
}

/** Records whose results share writes. With 32 instead of 16, a record takes a tenth less CPU in all processes. */
const PREDICTION_CONCURRENCY = 32;
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

type SingleRecordJob = PredictionJob | PredictionGroupJob | RowEvidenceJob;

/** Consumes the predictions queue: single records, and evidence of single rows on request. */
function createPredictionConsumer(
  deps: WorkerDeps,
  batchDocuments: BatchDocumentCache,
  predictors: Predictors,
): JobConsumer<SingleRecordJob> {
  const { store, metrics } = deps;
  const processor = new PredictionProcessor(deps, predictors);
  const predictions: JobHandler<PredictionJob> = {
    isWellFormed: isWellFormedPredictionJob,
    process: ({ data }) => processor.process(data),
    onCompleted: (job) => metrics.predictionCompleted(job),
    cleanUp: (data) => processor.cleanUp(data),
    onFailedForGood: async (job) => {
      await processor.fail(job.data);
      metrics.predictionFailed(job);
    },
    changedId: ({ predictionId }) => predictionId,
  };
  const groups: JobHandler<PredictionGroupJob> = {
    isWellFormed: isWellFormedPredictionGroupJob,
    process: (job) => processGroup({ ...deps, processor }, job),
    onFailedForGood: (job) => giveUpGroup({ ...deps, processor }, job),
  };
  const rowEvidence: JobHandler<RowEvidenceJob> = {
    isWellFormed: isWellFormedRowEvidenceJob,
    check: (data) => checkRowEvidenceJob(batchDocuments, data),
    process: ({ data }) => explainRow({ store, predictors }, batchDocuments, data),
    changedId: ({ batchId, row }) => jobIds.rowEvidence(batchId, row),
  };
  return createConsumer<SingleRecordJob>(
    deps,
    queueNames.predictions,
    PREDICTION_CONCURRENCY,
    [predictions, groups, rowEvidence],
    countRecords,
  );
}

function countRecords(data: unknown): number {
  const { predictionIds } = (data ?? {}) as { predictionIds?: unknown };
  return Array.isArray(predictionIds) ? Math.min(predictionIds.length, MAX_GROUP_RECORDS) : 1;
}

function createBatchConsumers(
  deps: WorkerDeps,
  batchDocuments: BatchDocumentCache,
): [JobConsumer<ShardJob>, JobConsumer<FinalizeJob>] {
  const finalizer = new Finalizer(deps, batchDocuments);
  const crashIsolation = new CrashIsolation();
  const { protection } = deps;
  const changedId = ({ batchId }: { batchId: string }) => batchId;
  const shards: JobHandler<ShardJob> = {
    isWellFormed: isWellFormedShardJob,
    check: (data) => checkShardJob(batchDocuments, data),
    countsFurtherAttempts: true,
    process: async (job) => {
      const { data, priority, stalledCounter } = job;
      const isRedelivered = stalledCounter > 0;
      await protection.run(() =>
        crashIsolation.run(isRedelivered, () => {
          // Not before: a job that is postponed because another one runs alone is no further attempt.
          deps.metrics.countFurtherAttempt(job);
          return processShard(deps, batchDocuments, data);
        }),
      );
      // Fair share (fair-share.ts): virtual time moves on to that of the shard that was served.
      await advanceVirtualClock(deps.redis, priority);
    },
    // The flow reports the failure to the finalizer, which writes the shard's rows to the errors file.
    onFailedForGood: ({ data }) => deps.metrics.shardFailed(data),
    changedId,
    change: 'step',
  };
  const finalizations: JobHandler<FinalizeJob> = {
    isWellFormed: isWellFormedFinalizeJob,
    check: (data) => checkFinalizeJob(batchDocuments, data),
    process: (job) =>
      protection.run(async () =>
        finalizer.process(job.data, shardsOfFailedJobs(await job.getIgnoredChildrenFailures())),
      ),
    onFailedForGood: ({ data }) => finalizer.failRun(data),
    changedId,
  };
  return [
    createConsumer(deps, queueNames.shards, shardConcurrency(deps.threads), [shards]),
    createConsumer(deps, queueNames.finalize, 1, [finalizations]),
  ];
}

function createTrainingConsumer(deps: WorkerDeps): JobConsumer<TrainingJob> {
  const { trainings } = deps;
  const handler: JobHandler<TrainingJob> = {
    isWellFormed: isWellFormedTrainingJob,
    check: (data) => checkTrainingJob(deps.store, data),
    process: ({ data }) => trainings.process(data),
    onFailedForGood: ({ data }) => trainings.fail(data),
    changedId: ({ trainingId }) => trainingId,
  };
  return createConsumer(deps, queueNames.trainings, 1, [handler]);
}

/** Handles one kind of job. Its other functions get only jobs for which `isWellFormed` is true. */
interface JobHandler<T> {
  isWellFormed: (job: Job<unknown>) => boolean;
  /** @throws InvalidJobError when the store does not have the resource that the job names */
  check?: (data: T) => Promise<unknown>;
  /** `process` counts a further attempt once it is sure to run. Otherwise it is counted at its start. */
  countsFurtherAttempts?: true;
  /** @returns false when a record's result was not stored; see `PredictionProcessor.process` */
  process: (job: Job<T>) => Promise<boolean | void>;
  /** Called unless `process` returned false, in parallel with publishing the change. */
  onCompleted?: (job: Job<T>) => Promise<void>;
  /** Removes what is left over; called after waiting clients have been notified. */
  cleanUp?: (data: T) => Promise<void>;
  /** Called when the job has failed for good, before waiting clients are notified; must also do what `cleanUp` does. */
  onFailedForGood?: (job: Job<T>) => Promise<void>;
  /** The id of the resource whose subscribers are notified. A group notifies them itself, record by record. */
  changedId?: (data: T) => string;
  /** The kind of change that a job makes; `state` if absent. */
  change?: Change;
}

/**
 * On an error, `runJob` logs it and `toJobError` (errors.ts) turns it into a job error; `JobConsumer` postpones the
 * job, or BullMQ tries it again. When a job has failed for good, `JobConsumer` calls `onFailedForGood`, which logs the
 * last error.
 */
function createConsumer<T extends { v: number; tenant: string }>(
  deps: WorkerDeps,
  queue: QueueName,
  concurrency: number,
  handlers: readonly HandlerOf<T>[],
  weightOf?: (data: unknown) => number,
): JobConsumer<T> {
  const { redis, logger, metrics } = deps;
  const notify = async ({ changedId, change }: JobHandler<T>, data: T): Promise<void> => {
    if (changedId !== undefined) await publishChange(redis, changedId(data), change);
  };
  const onError = (error: Error) => logger.warn({ err: error, queue }, 'queue error');
  return new JobConsumer<T>({
    queue,
    connection: redis,
    concurrency,
    ...(weightOf && { weightOf }),
    onError,
    process: async (job) => {
      const handler = findHandler(handlers, job);
      if (handler === undefined) throw new InvalidJobError('malformed');
      await runJob(job, deps, async () => {
        if (handler.countsFurtherAttempts !== true) metrics.countFurtherAttempt(job);
        await handler.check?.(job.data);
        const isResultStored = await handler.process(job);
        await Promise.all([notify(handler, job.data), isResultStored !== false && handler.onCompleted?.(job)]);
        await handler.cleanUp?.(job.data);
      });
    },
    onFailedForGood: async (job, error) => {
      const handler = findHandler(handlers, job);
      if (handler === undefined) return reportRejected(deps, job, new InvalidJobError('malformed'));
      const rejection = error instanceof InvalidJobError ? error : await findRejection(handler, job.data);
      if (rejection !== undefined) return reportRejected(deps, job, rejection);
      logger.error({ ...jobLogFields(job), err: error }, 'job failed');
      await handler.onFailedForGood?.(job);
      await notify(handler, job.data);
    },
  });
}

/** The handler of one kind of the jobs `T`. */
type HandlerOf<T> = T extends unknown ? JobHandler<T> : never;

/** @returns undefined for a malformed job */
function findHandler<T>(handlers: readonly HandlerOf<T>[], job: Job<T>): JobHandler<T> | undefined {
  // `isWellFormed` ensures that the job is of the handler's kind.
  return handlers.find(({ isWellFormed }) => isWellFormed(job)) as JobHandler<T> | undefined;
}

/** Checks a job that failed without being processed: one that crashed its workers was never checked. */
async function findRejection<T>({ check }: JobHandler<T>, data: T): Promise<InvalidJobError | undefined> {
  try {
    await check?.(data);
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
 * Returns the shards whose jobs have failed for good, from the flow's failed children: a child's key ends in the job id,
 * which ends in the shard (see jobIds). A child that was rejected as invalid is left out, because its shard was
 * never tried; the finalizer scores it.
 */
function shardsOfFailedJobs(failures: Record<string, string>): Set<number> {
  const tried = Object.entries(failures).filter(([, reason]) => !wasRejected(reason));
  return new Set(tried.map(([key]) => Number(key.slice(key.lastIndexOf('.') + 1))));
}
