/*
 * Delivery: at least once. An add that was not answered may have happened; ids are functions of the work, so that adding again
 * is adding once. Callers have made the work durable before, and mark it as pending.
 */
import { FlowProducer, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type FinalizeJob,
  type PredictionJob,
  REDIS_PREFIX,
  type ShardJob,
  jobIds,
  jobOptions,
  queueNames,
} from './job-types';
import { reservePriorities } from './fair-share';
import { RedisMemoryGuard } from '../redis/redis-memory-guard';
import { promoteSkewedDelays } from './clock-skew';
import { BatchProgress } from '../stats/progress';
import { jobKey } from './bullmq-keys';
import { canJobFinish, canRunFinish } from './run-health';
import { asQueueUnavailable } from '../redis/errors';

export type JobState = 'queued' | 'active' | 'completed' | 'failed' | 'unknown';

export interface BatchWork {
  tenant: string;
  batchId: string;
  run: number;
  /** Shards still to be scored, with their rows. */
  shards: { shard: number; rows: number }[];
}

/**
 * Puts work into the queues. At least once: the effect is made exactly once by the workers' write-once results.
 * Every method throws QueueUnavailableError when Redis does not answer.
 */
export class JobProducer {
  private readonly predictions: Queue<PredictionJob>;
  private readonly shards: Queue<ShardJob>;
  private readonly finalize: Queue<FinalizeJob>;
  private readonly flows: FlowProducer;
  private readonly memoryGuard: RedisMemoryGuard;

  /** `connection`: of `createProducerConnection`; the caller ends it after `stop()`. */
  constructor(
    private readonly connection: Redis,
    onError: (error: Error) => void,
  ) {
    this.memoryGuard = new RedisMemoryGuard(connection);
    // Without the version check nothing is sent to Redis here, which may be away while the service starts.
    const options = { connection, prefix: REDIS_PREFIX, skipWaitingForReady: true, skipVersionCheck: true };
    this.predictions = new Queue(queueNames.predictions, options);
    this.shards = new Queue(queueNames.shards, options);
    this.finalize = new Queue(queueNames.finalize, options);
    this.flows = new FlowProducer(options);
    for (const queue of this.queues) queue.on('error', onError);
    this.flows.on('error', onError);
  }

  /** For the board that shows them. */
  get queues(): readonly Queue[] {
    return [this.predictions, this.shards, this.finalize];
  }

  /** Asked before work is promised. Writes, because a read-only replica answers too. @throws QueueUnavailableError when Redis takes no new work */
  async assertAvailable(): Promise<void> {
    await asQueueUnavailable(this.connection.set(`${REDIS_PREFIX}:write-probe`, 1, 'EX', 60));
    await this.memoryGuard.assertAvailable();
  }

  async enqueuePrediction(job: Omit<PredictionJob, 'v'>): Promise<void> {
    await this.memoryGuard.assertAvailable();
    await this.addPrediction(job);
  }

  private async addPrediction(job: Omit<PredictionJob, 'v'>): Promise<void> {
    const options = { ...jobOptions.prediction, jobId: jobIds.prediction(job.predictionId) };
    await asQueueUnavailable(this.predictions.add('prediction', { v: 1, ...job }, options));
  }

  /**
   * One flow: the finalizer runs when every shard is done or has failed for good. Shards wait in fair order among tenants.
   */
  async enqueueBatch(work: BatchWork): Promise<void> {
    await this.memoryGuard.assertAvailable();
    await new BatchProgress(this.connection).startRun(work.batchId, work.run);
    await this.addFlow(work);
  }

  private async addFlow({ tenant, batchId, run, shards }: BatchWork): Promise<void> {
    const data: FinalizeJob = { v: 1, tenant, batchId, run };
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

  /** What Redis knows of a prediction's job; `unknown` when it was removed or never arrived. */
  predictionState(predictionId: string): Promise<JobState> {
    return stateOf(this.predictions, jobIds.prediction(predictionId));
  }

  /** How many records are served before this one is, itself included: 1 = next. undefined when it is not waiting in line. */
  async predictionPosition(predictionId: string): Promise<number | undefined> {
    const key = `${REDIS_PREFIX}:${queueNames.predictions}`;
    const id = jobIds.prediction(predictionId);
    const found = await asQueueUnavailable(
      this.connection
        .multi()
        .llen(`${key}:wait`)
        .lpos(`${key}:wait`, id, 'RANK', -1)
        .zrank(`${key}:prioritized`, id)
        .exec(),
    );
    const [[, waiting], [, index], [, rank]] = found as [unknown, number | null][];
    // Taken from the right end of the list; what has a priority comes after all that has none.
    if (index !== null) return Number(waiting) - index;
    return rank === null ? undefined : Number(waiting) + rank + 1;
  }

  /** Jobs that a worker could take now, in the queues that are not paused. */
  async waitingJobs(): Promise<number> {
    const counts = await asQueueUnavailable(
      Promise.all(
        this.queues.map(async (queue) =>
          (await queue.isPaused()) ? 0 : (await queue.getWaitingCount()) + (await queue.getPrioritizedCount()),
        ),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** What Redis knows of the job that ends a run, which waits for the run's shards. */
  runState(batchId: string, run: number): Promise<JobState> {
    return stateOf(this.finalize, jobIds.finalize(batchId, run));
  }

  /** Enqueues a prediction whose job has ended without effect, or was lost. */
  async reenqueuePrediction(job: Omit<PredictionJob, 'v'>): Promise<void> {
    await asQueueUnavailable(this.predictions.remove(jobIds.prediction(job.predictionId)));
    await this.addPrediction(job);
  }

  /** Whether the prediction's job will be run by the workers there are. */
  canPredictionFinish(predictionId: string): Promise<boolean> {
    return canJobFinish(this.connection, queueNames.predictions, jobIds.prediction(predictionId));
  }

  /** Whether the run will come to its end by what is in Redis: its finalizer and every shard that this waits for. */
  canRunFinish(batchId: string, run: number): Promise<boolean> {
    return canRunFinish(this.connection, batchId, run);
  }

  /**
   * Enqueues a run again that cannot finish, with what is left to score. What is there of its jobs is removed first, because a
   * job that exists is not added again; a shard that is being scored stays and joins the new flow.
   * @returns false when its finalizer is running, which ends the run by itself
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

  /** See promoteMisdated. @returns how many jobs */
  async promoteSkewedDelays(nowMs: number): Promise<number> {
    const queues: Queue[] = [this.predictions, this.shards, this.finalize];
    const promoted = await Promise.all(queues.map((queue) => promoteSkewedDelays(queue, this.connection, nowMs)));
    return promoted.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.queues, this.flows].map((part) => part.close()));
  }
}

async function stateOf(queue: Queue, jobId: string): Promise<JobState> {
  const state = await asQueueUnavailable(queue.getJobState(jobId));
  if (state === 'active' || state === 'completed' || state === 'failed' || state === 'unknown') return state;
  return 'queued';
}
