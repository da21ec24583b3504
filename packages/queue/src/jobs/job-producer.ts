/*
 * Delivery: at least once. An add without a response may have happened, so job ids are derived from the work: adding it again
 * has no effect. Single records may share a job, so `enqueuePrediction` adds them only once (prediction-queue.ts). Callers
 * first store the work and its pending marker durably. A row's evidence has no marker: its job is added when a client
 * requests it, and replaces one that ended without storing any.
 */
import { FlowProducer, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type FinalizeJob,
  type PredictionGroupJob,
  type PredictionJob,
  REDIS_PREFIX,
  type RowEvidenceJob,
  type ShardJob,
  type TrainingJob,
  jobIds,
  jobOptions,
  queueNames,
} from './job-types';
import { stateOf, type JobState } from './job-state';
import { PredictionQueue } from './prediction-queue';
import { reservePriorities } from './fair-share';
import { RedisMemoryGuard } from '../redis/redis-memory-guard';
import { promoteSkewedDelays } from './clock-skew';
import { BatchProgress } from '../stats/progress';
import { jobKey } from './bullmq-keys';
import { canJobFinish, canRunFinish } from './run-health';
import { asQueueUnavailable } from '../redis/errors';

export interface BatchWork {
  tenant: string;
  batchId: string;
  run: number;
  /** Shards to score, with their number of rows. */
  shards: { shard: number; rows: number }[];
}

/** Enqueues work and reads its state. Every method that uses Redis throws QueueUnavailableError when a command fails. */
export class JobProducer {
  private readonly predictions: Queue<PredictionJob | PredictionGroupJob | RowEvidenceJob>;
  /** The jobs of single records, in `predictions`. New ones are added by `enqueuePrediction`. */
  readonly singleRecords: PredictionQueue;
  private readonly shards: Queue<ShardJob>;
  private readonly finalize: Queue<FinalizeJob>;
  private readonly trainings: Queue<TrainingJob>;
  private readonly flows: FlowProducer;
  private readonly memoryGuard: RedisMemoryGuard;
  /** The running write of `assertAvailable`. */
  private probe: Promise<unknown> | undefined;
  /** The outcome of the last `assertAvailable`. */
  wasAvailable = false;

  /** @param connection from `createProducerConnection`; the caller closes it after `stop()` */
  constructor(
    private readonly connection: Redis,
    onError: (error: Error) => void,
  ) {
    this.memoryGuard = new RedisMemoryGuard(connection);
    // Redis may be unavailable while the service starts, so send no command here, not even the version check.
    const options = { connection, prefix: REDIS_PREFIX, skipWaitingForReady: true, skipVersionCheck: true };
    this.predictions = new Queue(queueNames.predictions, options);
    this.singleRecords = new PredictionQueue(connection, this.predictions);
    this.shards = new Queue(queueNames.shards, options);
    this.finalize = new Queue(queueNames.finalize, options);
    this.trainings = new Queue(queueNames.trainings, options);
    this.flows = new FlowProducer(options);
    for (const queue of this.queues) queue.on('error', onError);
    this.flows.on('error', onError);
  }

  /** All queues. Public for the queue board. */
  get queues(): readonly Queue[] {
    return [this.predictions, this.shards, this.finalize, this.trainings];
  }

  /**
   * Call it before accepting work. Writes a key, because a read-only replica answers reads; concurrent calls share the
   * write.
   * @throws QueueUnavailableError when Redis accepts no new work
   */
  async assertAvailable(): Promise<void> {
    try {
      this.probe ??= this.connection
        .set(`${REDIS_PREFIX}:write-probe`, 1, 'EX', 60)
        .finally(() => (this.probe = undefined));
      await asQueueUnavailable(this.probe);
      await this.memoryGuard.assertAvailable();
      this.wasAvailable = true;
    } catch (error) {
      this.wasAvailable = false;
      throw error;
    }
  }

  /** Enqueues a record for the first time; `singleRecords.addAgain` does it for one that was enqueued before. */
  async enqueuePrediction(job: Omit<PredictionJob, 'v'>): Promise<void> {
    await this.memoryGuard.assertAvailable();
    await this.singleRecords.add(job);
  }

  /** Enqueues the computation of a row's evidence. A job that ended without storing any is replaced. */
  async enqueueRowEvidence(job: Omit<RowEvidenceJob, 'v'>): Promise<void> {
    await this.memoryGuard.assertAvailable();
    const jobId = jobIds.rowEvidence(job.batchId, job.row);
    const state = await stateOf(this.predictions, jobId);
    if (state === 'queued' || state === 'active') return;
    if (state !== 'unknown') await asQueueUnavailable(this.predictions.remove(jobId));
    await asQueueUnavailable(
      this.predictions.add('row-evidence', { v: 2, ...job }, { ...jobOptions.prediction, jobId }),
    );
  }

  /**
   * Starts a run's progress and adds its jobs as one flow: the finalizer runs when every shard has completed or failed for good.
   * Shards wait in fair-share order.
   */
  async enqueueBatch(work: BatchWork): Promise<void> {
    await this.memoryGuard.assertAvailable();
    await new BatchProgress(this.connection).startRun(work.batchId, work.run);
    await this.addFlow(work);
  }

  private async addFlow({ tenant, batchId, run, shards }: BatchWork): Promise<void> {
    const data: FinalizeJob = { v: 1, tenant, batchId, run };
    // Fair share: a shard's priority is its virtual time (fair-share.ts), and the lowest is served first.
    const priorities = await asQueueUnavailable(
      reservePriorities(
        this.connection,
        tenant,
        shards.map(({ rows }) => rows),
      ),
    );
    const flow = {
      name: 'finalize',
      queueName: queueNames.finalize,
      data,
      opts: { ...jobOptions.finalize, jobId: jobIds.finalize(batchId, run) },
      children: shards.map(({ shard, rows }, index) => ({
        name: 'shard',
        queueName: queueNames.shards,
        data: { v: 1, tenant, batchId, run, shard, rows } satisfies ShardJob,
        opts: { ...jobOptions.shard, priority: priorities[index], jobId: jobIds.shard(batchId, run, shard) },
      })),
    };
    await asQueueUnavailable(this.flows.add(flow));
  }

  async enqueueTraining(job: Omit<TrainingJob, 'v'>): Promise<void> {
    await this.memoryGuard.assertAvailable();
    const options = { ...jobOptions.training, jobId: jobIds.training(job.trainingId) };
    await asQueueUnavailable(this.trainings.add('training', { v: 1, ...job }, options));
  }

  /** Enqueues a training again after its job was lost. */
  async reenqueueTraining(job: Omit<TrainingJob, 'v'>): Promise<void> {
    await asQueueUnavailable(this.trainings.remove(jobIds.training(job.trainingId)));
    await this.enqueueTraining(job);
  }

  /** Whether Redis holds everything a worker needs to run the training's job. */
  canTrainingFinish(trainingId: string): Promise<boolean> {
    return canJobFinish(this.connection, queueNames.trainings, jobIds.training(trainingId));
  }

  trainingState(trainingId: string): Promise<JobState> {
    return stateOf(this.trainings, jobIds.training(trainingId));
  }

  /** Number of jobs that a worker should take now; paused queues count as empty. Trainings may wait until nothing else does. */
  async waitingJobs(): Promise<number> {
    const counts = await asQueueUnavailable(
      Promise.all(
        [this.predictions, this.shards, this.finalize].map(async (queue) =>
          (await queue.isPaused()) ? 0 : (await queue.getWaitingCount()) + (await queue.getPrioritizedCount()),
        ),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** State of a run's finalizer job. */
  runState(batchId: string, run: number): Promise<JobState> {
    return stateOf(this.finalize, jobIds.finalize(batchId, run));
  }

  /** Whether Redis holds everything needed to finish the run: its finalizer and every shard that it waits for. */
  canRunFinish(batchId: string, run: number): Promise<boolean> {
    return canRunFinish(this.connection, batchId, run);
  }

  /**
   * Enqueues the rest of a run that cannot finish. First removes the run's jobs, because BullMQ does not add a job that exists;
   * a shard that is being scored stays and joins the new flow.
   * @returns false when the run's finalizer is active, which will finish the run
   */
  async reenqueueBatch(work: BatchWork): Promise<boolean> {
    const { batchId, run, shards } = work;
    const finalizer = jobIds.finalize(batchId, run);
    const isRemoved = (await asQueueUnavailable(this.finalize.remove(finalizer, { removeChildren: false }))) === 1;
    if (!isRemoved && (await asQueueUnavailable(this.connection.exists(jobKey(queueNames.finalize, finalizer)))) === 1)
      return false;
    await asQueueUnavailable(
      Promise.all(shards.map(({ shard }) => this.shards.remove(jobIds.shard(batchId, run, shard)))),
    );
    await this.addFlow(work);
    return true;
  }

  /** See `promoteSkewedDelays` in clock-skew.ts. @returns the number of promoted jobs */
  async promoteSkewedDelays(nowMs: number): Promise<number> {
    const promoted = await Promise.all(this.queues.map((queue) => promoteSkewedDelays(queue, this.connection, nowMs)));
    return promoted.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.queues, this.flows].map((part) => part.close()));
  }
}
