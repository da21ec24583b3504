import {
  type BatchProgress, Consumer, type FinalizeJob, type Job, type PredictionJob, type QueueName, type ShardJob, advanceClock, publishChange, queueNames,
} from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { Logger, TaskProtection } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { InvalidJobError, checkFinalizeJob, checkShardJob, isFinalizeJob, isPredictionJob, isShardJob, loggableId, wasRefused } from './job-data';
import { Finalizer } from './jobs/finalize';
import { PredictionProcessor } from './jobs/prediction';
import { Quarantine } from './jobs/quarantine';
import { jobLine, runJob } from './jobs/run-job';
import { BatchRecords, processShard } from './jobs/shard';
import type { ScoringPool } from './scoring/pool';
import type { StallWatch } from './stall-watch';
import type { WorkMetrics } from './work-metrics';

export interface WorkerServices {
  store: ObjectStore;
  registry: Registry;
  pool: ScoringPool;
  progress: BatchProgress;
  metrics: WorkMetrics;
  stallWatch: Pick<StallWatch, 'moved'>;
  redis: Redis;
  logger: Logger;
  /** Runs shards and finalizations, which protect the task once they take long. */
  protection: Pick<TaskProtection, 'run'>;
  /** Scoring threads. */
  threads: number;
}

const PREDICTIONS_AT_ONCE = 16;
/** Read, written or on their way to and from Redis while others are scored: with one of them threads wait. */
const SHARDS_BEYOND_THREADS = 2;

/** How many shards a worker with so many scoring threads has in hand when it is busy. */
export function shardSlots(threads: number): number {
  return threads + SHARDS_BEYOND_THREADS;
}

/** One consumer a queue. A change is announced after its effect is in the store. */
export function createConsumers(services: WorkerServices): { start: () => void; stop: () => Promise<void> } {
  const consumers = [predictions(services), ...batches(services)];
  return {
    start: () => consumers.forEach((consumer) => consumer.start()),
    stop: async () => {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

function predictions(services: WorkerServices): Consumer<PredictionJob> {
  const processor = new PredictionProcessor(services);
  return consume<PredictionJob>(services, queueNames.predictions, PREDICTIONS_AT_ONCE, {
    isWellFormed: isPredictionJob,
    process: ({ data }) => processor.process(data),
    completed: (job) => services.metrics.predictionCompleted(job),
    settle: (data) => processor.settle(data),
    giveUp: async (job) => {
      services.metrics.predictionFailed(job);
      await processor.giveUp(job.data);
    },
    changed: ({ predictionId }) => predictionId,
  });
}

function batches(services: WorkerServices): [Consumer<ShardJob>, Consumer<FinalizeJob>] {
  const records = new BatchRecords(services.store);
  const finalizer = new Finalizer(services, records);
  const quarantine = new Quarantine();
  const { protection } = services;
  const changed = ({ batchId }: { batchId: string }) => batchId;
  return [
    consume<ShardJob>(services, queueNames.shards, shardSlots(services.threads), {
      isWellFormed: isShardJob,
      check: (data) => checkShardJob(records, data),
      process: async ({ data, priority, stalledCounter }) => {
        await protection.run(() => quarantine.run(stalledCounter > 0, () => processShard(services, records, data)));
        await advanceClock(services.redis, priority);
      },
      // Nothing else to do: the finalizer hears of it from the flow and puts the rows into the errors file.
      giveUp: ({ data }) => services.metrics.shardFailed(data),
      changed,
    }),
    consume<FinalizeJob>(services, queueNames.finalize, 1, {
      isWellFormed: isFinalizeJob,
      check: (data) => checkFinalizeJob(records, data),
      process: (job) => protection.run(async () => finalizer.process(job.data, failedShards(await job.getIgnoredChildrenFailures()))),
      giveUp: ({ data }) => finalizer.giveUp(data),
      changed,
    }),
  ];
}

interface Work<T> {
  /** Whether the payload is one of this queue. */
  isWellFormed: (job: Job<T>) => boolean;
  /** Throws InvalidJobError when the store does not know what the job names. */
  check?: (data: T) => Promise<unknown>;
  /** false: it had no effect of its own. */
  process: (job: Job<T>) => Promise<boolean | void>;
  /** When it had one; at the same time as the announcement. */
  completed?: (job: Job<T>) => Promise<void>;
  /** What remains to be done and is nothing to those who wait. */
  settle?: (data: T) => Promise<void>;
  giveUp: (job: Job<T>) => Promise<void>;
  /** The id whose watchers are told. */
  changed: (data: T) => string;
}

function consume<T extends { v: number; tenant: string }>(services: WorkerServices, queue: QueueName, concurrency: number, work: Work<T>): Consumer<T> {
  const { redis, logger } = services;
  const onError = (error: Error) => logger.warn({ err: error, queue }, 'queue');
  return new Consumer<T>({
    queue,
    connection: redis,
    concurrency,
    onError,
    process: async (job) => {
      if (!work.isWellFormed(job)) throw new InvalidJobError('malformed');
      await runJob(job, services, async () => {
        await work.check?.(job.data);
        const effect = await work.process(job);
        await Promise.all([publishChange(redis, work.changed(job.data)), effect !== false && work.completed?.(job)]);
        await work.settle?.(job.data);
      });
    },
    onGivenUp: async (job, error) => {
      const refusal = error instanceof InvalidJobError ? error : await refusalOf(work, job);
      if (refusal !== undefined) return reportRefused(services, job, refusal);
      logger.error({ ...jobLine(job), err: error }, 'job given up');
      await work.giveUp(job);
      await publishChange(redis, work.changed(job.data));
    },
  });
}

/** A job that failed before it was processed, for it killed its workers, was not checked. */
async function refusalOf<T>(work: Work<T>, job: Job<T>): Promise<InvalidJobError | undefined> {
  if (!work.isWellFormed(job)) return new InvalidJobError('malformed');
  try {
    await work.check?.(job.data);
  } catch (error) {
    if (error instanceof InvalidJobError) return error;
  }
  return undefined;
}

/** A batch that is unknown was rolled back or deleted, which happens; nothing else does. No member of the payload is logged: it may hold anything. */
function reportRefused({ metrics, logger }: WorkerServices, job: Job<unknown>, { reason, message }: InvalidJobError): void {
  metrics.jobRefused();
  logger[reason === 'unknown-batch' ? 'info' : 'error']({ job: loggableId(job), queue: job.queueName, reason }, message);
}

/**
 * Keys of a flow's failed children end in the job id, which ends in the shard (see jobIds). A child whose payload was damaged
 * says nothing about its shard, which the finalizer scores itself.
 */
function failedShards(failures: Record<string, string>): Set<number> {
  const failed = Object.entries(failures).filter(([, reason]) => !wasRefused(reason));
  return new Set(failed.map(([key]) => Number(key.slice(key.lastIndexOf('.') + 1))));
}
