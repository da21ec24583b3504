/*
 * Delivery: at least once. A job is handed out again when the lock of whoever had it has run out, also one that was done and
 * whose worker could not say so any more: that one waits for the whole lock (a minute; for records five seconds), then is
 * found to be done. The effect is made exactly once by what jobs write, not by the queue.
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
  process: (job: Job<T>) => Promise<void>;
  /** After the last attempt failed. */
  onRetriesExhausted: (job: Job<T>, error: Error) => Promise<void>;
  onError: (error: Error) => void;
}

const SUPPORTED_VERSION = 1;
/** How soon a payload that this worker does not know may come up again, for a newer worker to take. */
const UNKNOWN_VERSION_DELAY_MS = 5_000;
/** A stop does not wait for a Redis that is silent for this long: BullMQ would, for ever. */
const REDIS_UNRESPONSIVE_MS = 5_000;

/** Thrown by `process`: not now. The job comes up again after `delayMs`, and no attempt is lost. */
export class RetryLaterError extends Error {
  override readonly name = 'PostponedError';

  constructor(
    readonly delayMs: number,
    options?: ErrorOptions,
  ) {
    super('postponed', options);
  }
}

/**
 * A BullMQ worker with the timings of its queue. Delivery is at least once: a job whose process died, or that could not
 * report its end to Redis, is delivered again when its lock has run out. `start` and `stop` are idempotent; `stop` lets
 * running jobs end, and what follows a given-up one, unless Redis is away: then they are left to be delivered again.
 */
export class JobConsumer<T extends { v: number }> {
  private readonly worker: TolerantWorker<T>;
  private readonly exhaustedHandlers = new Set<Promise<void>>();
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: JobConsumerOptions<T>) {
    this.worker = new TolerantWorker<T>(options.queue, (job, token) => runIfSupported(job, token, options), {
      connection: options.connection,
      prefix: REDIS_PREFIX,
      concurrency: options.concurrency,
      autorun: false,
      ...workerOptions[options.queue],
    });
    this.worker.on('error', (error) => {
      options.onError(error);
      if (error instanceof SyntaxError) dropUnreadableFields(options.connection, options.queue).catch(options.onError);
    });
    this.worker.on('failed', (job, error) => {
      if (job?.finishedOn !== undefined) this.track(options.onRetriesExhausted(job, error).catch(options.onError));
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
    const closed = this.worker.close().then(() => Promise.all(this.exhaustedHandlers));
    await Promise.race([closed, waitUntilUnresponsive(this.options.connection, REDIS_UNRESPONSIVE_MS, watch.signal)]);
    watch.abort();
  }

  /** Events are not waited for by BullMQ: without this a stop would cut them off. */
  private track(work: Promise<void>): void {
    this.exhaustedHandlers.add(work);
    void work.finally(() => this.exhaustedHandlers.delete(work));
  }
}

/** Hands out a job with an unreadable payload as one with an empty payload: `process` refuses it, instead of the queue retrying it endlessly. */
class TolerantWorker<T extends { v: number }> extends Worker<T, void> {
  protected override createJob(data: Parameters<Worker<T, void>['createJob']>[0], jobId: string): Job<T, void> {
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
    if (!(error instanceof RetryLaterError)) throw error;
    await delayJob(job, token, error.delayMs);
  }
}

/** Anything else that is not of the known version is no payload of ours: `process` refuses it. */
function isOfLaterVersion(data: unknown): boolean {
  const v: unknown = (data as { v?: unknown } | null)?.v;
  return Number.isInteger(v) && (v as number) > SUPPORTED_VERSION;
}

async function delayJob(job: Job, token: string | undefined, delayMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
