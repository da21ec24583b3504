import {
  type BatchProgress, Consumer, type FinalizeJob, type Job, type PredictionJob, type QueueName, type ShardJob, advanceClock, publishChange, queueNames,
} from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { Finalizer } from './jobs/finalize';
import { PredictionProcessor } from './jobs/prediction';
import { Quarantine } from './jobs/quarantine';
import { runJob } from './jobs/run-job';
import { BatchRecords, processShard } from './jobs/shard';
import type { ScoringPool } from './scoring/pool';
import type { TaskProtection } from './task-protection';

export interface WorkerServices {
  store: ObjectStore;
  registry: Registry;
  pool: ScoringPool;
  progress: BatchProgress;
  redis: Redis;
  logger: Logger;
  /** Held while a shard or a batch's end is in hand. */
  protection: Pick<TaskProtection, 'run'>;
  /** Scoring threads. */
  threads: number;
}

const PREDICTIONS_AT_ONCE = 16;
/** One shard is read or written while another is scored. */
const SHARDS_BEYOND_THREADS = 1;

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
  return consume(services, queueNames.predictions, PREDICTIONS_AT_ONCE, {
    process: ({ data }) => processor.process(data),
    giveUp: ({ data }) => processor.giveUp(data),
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
    consume<ShardJob>(services, queueNames.shards, services.threads + SHARDS_BEYOND_THREADS, {
      process: async ({ data, priority, stalledCounter }) => {
        await advanceClock(services.redis, priority);
        await protection.run(() => quarantine.run(stalledCounter > 0, () => processShard(services, records, data)));
      },
      // Nothing to do: the finalizer hears of it from the flow and puts the rows into the errors file.
      giveUp: async () => undefined,
      changed,
    }),
    consume<FinalizeJob>(services, queueNames.finalize, 1, {
      process: (job) => protection.run(async () => finalizer.process(job.data, failedShards(await job.getIgnoredChildrenFailures()))),
      giveUp: ({ data }) => finalizer.giveUp(data),
      changed,
    }),
  ];
}

interface Work<T> {
  process: (job: Job<T>) => Promise<void>;
  giveUp: (job: Job<T>) => Promise<void>;
  /** The id whose watchers are told. */
  changed: (data: T) => string;
}

function consume<T extends { v: number }>(services: WorkerServices, queue: QueueName, concurrency: number, work: Work<T>): Consumer<T> {
  const { redis, logger } = services;
  const onError = (error: Error) => logger.warn({ err: error, queue }, 'queue');
  return new Consumer<T>({
    queue,
    connection: redis,
    concurrency,
    onError,
    process: (job) =>
      runJob(job, logger, async () => {
        await work.process(job);
        await publishChange(redis, work.changed(job.data));
      }),
    onGivenUp: async (job, error) => {
      const line: Record<string, unknown> = { err: error, job: job.id, queue, ...job.data };
      logger.error(line, 'job given up');
      await work.giveUp(job);
      await publishChange(redis, work.changed(job.data));
    },
  });
}

/** Keys of a flow's failed children end in the job id, which ends in the shard (see jobIds). */
function failedShards(failures: Record<string, string>): Set<number> {
  return new Set(Object.keys(failures).map((key) => Number(key.slice(key.lastIndexOf('.') + 1))));
}
