/*
 * Delivery: at least once. A job is redelivered when its lock expires (60 s, predictions 5 s), even if it was done but
 * its worker could not report that to Redis. The jobs' write-once results make the effect exactly once.
 */
import { DelayedError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type QueueName, REDIS_PREFIX, workerOptions } from './job-types';
import { waitUntilUnresponsive } from '../redis/unresponsive';
import { dropUnreadableFields } from './unreadable-jobs';

export interface JobConsumerOptions<T extends { v: number }> {
  queue: QueueName;
  connection: Redis;
  concurrency: number;
  /** How many of the concurrent jobs a job with this payload, which may be anything, counts as; 1 if absent. */
  weightOf?: (data: unknown) => number;
  process: (job: Job<T>) => Promise<void>;
  /**
   * Called when a job has failed for good: after its last attempt, an UnrecoverableError or too many worker crashes.
   */
  onFailedForGood: (job: Job<T>, error: Error) => Promise<void>;
  onError: (error: Error) => void;
}

const SUPPORTED_VERSION = 3;
/** Delay of a job whose payload version this worker does not support; a newer worker may take it. */
const UNKNOWN_VERSION_DELAY_MS = 5_000;
/** `stop` gives up after Redis has not answered for this long. BullMQ would wait forever. */
const REDIS_UNRESPONSIVE_MS = 5_000;

/** Thrown by `process` to postpone the job by `delayMs`, without using an attempt. `reason` is for the log. */
export class PostponeError extends Error {
  override readonly name = 'PostponeError';

  constructor(
    readonly reason: string,
    readonly delayMs: number,
    options?: ErrorOptions,
  ) {
    super(`postponed: ${reason}`, options);
  }
}

/**
 * A BullMQ worker with the timings of its queue. `start` and `stop` are idempotent. `stop` waits for running jobs and
 * for their `onFailedForGood`, unless Redis does not answer: then the running jobs are redelivered later.
 */
export class JobConsumer<T extends { v: number }> {
  private readonly worker: TolerantWorker<T>;
  private readonly failureHandlers = new Set<Promise<void>>();
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: JobConsumerOptions<T>) {
    this.worker = new TolerantWorker<T>(options.queue, (job, token) => runIfSupported(job, token, options), {
      connection: options.connection,
      prefix: REDIS_PREFIX,
      concurrency: options.concurrency,
      autorun: false,
      ...workerOptions[options.queue],
    });
    this.worker.weightOf = options.weightOf;
    this.worker.on('error', (error) => {
      options.onError(error);
      if (error instanceof SyntaxError) dropUnreadableFields(options.connection, options.queue).catch(options.onError);
    });
    this.worker.on('failed', (job, error) => {
      if (job?.finishedOn !== undefined) this.track(options.onFailedForGood(job, error).catch(options.onError));
    });
  }

  start(): void {
    if (this.worker.isRunning() || this.stopping !== undefined) return;
    this.worker.run().catch((error: unknown) => this.worker.emit('error', error as Error));
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async close(): Promise<void> {
    const watch = new AbortController();
    const closed = this.worker.close().then(() => Promise.all(this.failureHandlers));
    await Promise.race([closed, waitUntilUnresponsive(this.options.connection, REDIS_UNRESPONSIVE_MS, watch.signal)]);
    watch.abort();
  }

  /** BullMQ does not wait for event handlers, so `stop` waits for them here. */
  private track(work: Promise<void>): void {
    this.failureHandlers.add(work);
    void work.finally(() => this.failureHandlers.delete(work));
  }
}

/** Tolerates jobs with fields that are not JSON, on which BullMQ throws. Takes fewer jobs beside heavy ones. */
class TolerantWorker<T extends { v: number }> extends Worker<T, void> {
  weightOf: JobConsumerOptions<T>['weightOf'];
  private readonly succeeded = new WeakSet<Job<T, void>>();
  private readonly extraWeights = new WeakMap<Job<T, void>, number>();
  /** The weight of the jobs that were taken and have not ended, above one each. */
  private extraWeight = 0;

  /**
   * Fetches the next job in the command that completes this one, which saves a command per job, but not in one that
   * fails it: if BullMQ cannot parse the next job, it does not emit `failed`, on which `onFailedForGood` depends.
   */
  override async processJob(job: Job<T, void>, token: string, hasRoom: () => boolean): Promise<void | Job<T, void>> {
    try {
      return await super.processJob(job, token, () => this.succeeded.has(job) && hasRoom());
    } finally {
      this.addExtraWeight(-(this.extraWeights.get(job) ?? 0));
    }
  }

  protected override async callProcessJob(...args: Parameters<Worker<T, void>['callProcessJob']>): Promise<void> {
    await super.callProcessJob(...args);
    this.succeeded.add(args[0]);
  }

  protected override createJob(data: Parameters<Worker<T, void>['createJob']>[0], jobId: string): Job<T, void> {
    const job = this.createTolerantly(data, jobId);
    // Here, because BullMQ takes as many jobs as it may before it starts the first of them.
    const extra = (this.weightOf?.(job.data) ?? 1) - 1;
    this.extraWeights.set(job, extra);
    this.addExtraWeight(extra);
    return job;
  }

  private addExtraWeight(change: number): void {
    this.extraWeight += change;
    const { concurrency = 1 } = this.opts;
    this.concurrency = Math.max(1, concurrency - this.extraWeight);
  }

  /**
   * Gives a job with an unreadable payload an empty one: `process` rejects it, instead of the queue retrying it
   * endlessly.
   */
  private createTolerantly(data: Parameters<Worker<T, void>['createJob']>[0], jobId: string): Job<T, void> {
    try {
      return super.createJob(data, jobId) as Job<T, void>;
    } catch {
      dropUnreadableFields(this.opts.connection as Redis, this.name as QueueName).catch((error: unknown) =>
        this.emit('error', error as Error),
      );
      return super.createJob({ ...data, data: '{}' }, jobId) as Job<T, void>;
    }
  }
}

async function runIfSupported<T extends { v: number }>(
  job: Job<T>,
  token: string | undefined,
  options: JobConsumerOptions<T>,
): Promise<void> {
  if (isOfLaterVersion(job.data)) return delayJob(job, token, UNKNOWN_VERSION_DELAY_MS);
  try {
    await options.process(job);
  } catch (error) {
    if (!(error instanceof PostponeError)) throw error;
    await delayJob(job, token, error.delayMs);
  }
}

/** A missing or malformed version counts as supported: `process` rejects such a job. */
function isOfLaterVersion(data: unknown): boolean {
  const v: unknown = (data as { v?: unknown } | null)?.v;
  return Number.isInteger(v) && (v as number) > SUPPORTED_VERSION;
}

async function delayJob(job: Job, token: string | undefined, delayMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
