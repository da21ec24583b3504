import {
  type BatchProgress,
  JobConsumer,
  type FinalizeJob,
  type Job,
  type PredictionJob,
  type QueueName,
  type ShardJob,
  advanceVirtualClock,
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
  checkShardJob,
  isFinalizeJob,
  isPredictionJob,
  isShardJob,
  loggableId,
  wasRejected,
} from './job-data';
import { Finalizer } from './jobs/finalize';
import { PredictionProcessor } from './jobs/prediction';
import { CrashIsolation } from './jobs/crash-isolation';
import { jobLogFields, runJob } from './jobs/run-job';
import { BatchDocumentCache, processShard } from './jobs/shard';
import type { ScoringPool } from './scoring/pool';
import type { LivenessMonitor } from './liveness-monitor';
import type { WorkerMetrics } from './worker-metrics';

export interface WorkerDeps {
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
/** Read, written or on their way to and from Redis while others are scored: with one of them threads wait. */
const PREFETCHED_SHARDS = 2;

/** How many shards a worker with so many scoring threads has in hand when it is busy. */
export function shardConcurrency(threads: number): number {
  return threads + PREFETCHED_SHARDS;
}

/** One consumer a queue. A change is announced after its effect is in the store. */
export function createConsumers(deps: WorkerDeps): { start: () => void; stop: () => Promise<void> } {
  const consumers = [createPredictionConsumer(deps), ...createBatchConsumers(deps)];
  return {
    start: () => consumers.forEach((consumer) => consumer.start()),
    stop: async () => {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

function createPredictionConsumer(deps: WorkerDeps): JobConsumer<PredictionJob> {
  const processor = new PredictionProcessor(deps);
  return createConsumer<PredictionJob>(deps, queueNames.predictions, PREDICTION_CONCURRENCY, {
    isWellFormed: isPredictionJob,
    process: ({ data }) => processor.process(data),
    onCompleted: (job) => deps.metrics.predictionCompleted(job),
    cleanUp: (data) => processor.cleanUp(data),
    onRetriesExhausted: async (job) => {
      deps.metrics.predictionFailed(job);
      await processor.fail(job.data);
    },
    changedId: ({ predictionId }) => predictionId,
  });
}

function createBatchConsumers(deps: WorkerDeps): [JobConsumer<ShardJob>, JobConsumer<FinalizeJob>] {
  const batchDocuments = new BatchDocumentCache(deps.store);
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
      // Nothing else to do: the finalizer hears of it from the flow and puts the rows into the errors file.
      onRetriesExhausted: ({ data }) => deps.metrics.shardFailed(data),
      changedId,
    }),
    createConsumer<FinalizeJob>(deps, queueNames.finalize, 1, {
      isWellFormed: isFinalizeJob,
      check: (data) => checkFinalizeJob(batchDocuments, data),
      process: (job) =>
        protection.run(async () => finalizer.process(job.data, failedShards(await job.getIgnoredChildrenFailures()))),
      onRetriesExhausted: ({ data }) => finalizer.failRun(data),
      changedId,
    }),
  ];
}

interface QueueHandler<T> {
  /** Whether the payload is one of this queue. */
  isWellFormed: (job: Job<T>) => boolean;
  /** Throws InvalidJobError when the store does not know what the job names. */
  check?: (data: T) => Promise<unknown>;
  /** false: it had no effect of its own. */
  process: (job: Job<T>) => Promise<boolean | void>;
  /** When it had one; at the same time as the announcement. */
  onCompleted?: (job: Job<T>) => Promise<void>;
  /** What remains to be done and is nothing to those who wait. */
  cleanUp?: (data: T) => Promise<void>;
  onRetriesExhausted: (job: Job<T>) => Promise<void>;
  /** The id whose watchers are told. */
  changedId: (data: T) => string;
}

function createConsumer<T extends { v: number; tenant: string }>(
  deps: WorkerDeps,
  queue: QueueName,
  concurrency: number,
  handler: QueueHandler<T>,
): JobConsumer<T> {
  const { redis, logger } = deps;
  const onError = (error: Error) => logger.warn({ err: error, queue }, 'queue');
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
    onRetriesExhausted: async (job, error) => {
      const refusal = error instanceof InvalidJobError ? error : await findRejection(handler, job);
      if (refusal !== undefined) return reportRejected(deps, job, refusal);
      logger.error({ ...jobLogFields(job), err: error }, 'job given up');
      await handler.onRetriesExhausted(job);
      await publishChange(redis, handler.changedId(job.data));
    },
  });
}

/** A job that failed before it was processed, for it killed its workers, was not checked. */
async function findRejection<T>(handler: QueueHandler<T>, job: Job<T>): Promise<InvalidJobError | undefined> {
  if (!handler.isWellFormed(job)) return new InvalidJobError('malformed');
  try {
    await handler.check?.(job.data);
  } catch (error) {
    if (error instanceof InvalidJobError) return error;
  }
  return undefined;
}

/** A batch that is unknown was rolled back or deleted, which happens; nothing else does. No member of the payload is logged: it may hold anything. */
function reportRejected(
  { metrics, logger }: WorkerDeps,
  job: Job<unknown>,
  { reason, message }: InvalidJobError,
): void {
  metrics.jobRejected();
  logger[reason === 'unknown-batch' ? 'info' : 'error'](
    { job: loggableId(job), queue: job.queueName, reason },
    message,
  );
}

/**
 * Keys of a flow's failed children end in the job id, which ends in the shard (see jobIds). A child whose payload was damaged
 * says nothing about its shard, which the finalizer scores itself.
 */
function failedShards(failures: Record<string, string>): Set<number> {
  const failed = Object.entries(failures).filter(([, reason]) => !wasRejected(reason));
  return new Set(failed.map(([key]) => Number(key.slice(key.lastIndexOf('.') + 1))));
}
