import { DelayedError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type QueueName, REDIS_PREFIX, workerTimings } from './names';

export interface ConsumerOptions<T extends { v: number }> {
  queue: QueueName;
  connection: Redis;
  concurrency: number;
  process: (job: Job<T>) => Promise<void>;
  /** After the last attempt failed. */
  onGivenUp: (job: Job<T>, error: Error) => Promise<void>;
  onError: (error: Error) => void;
}

const KNOWN_VERSION = 1;
/** How soon a payload that this worker does not know may come up again, for a newer worker to take. */
const HAND_ON_MS = 5_000;

/** A BullMQ worker with the timings of its queue. `start` and `stop` are idempotent; `stop` lets running jobs end, and what follows a given-up one. */
export class Consumer<T extends { v: number }> {
  private readonly worker: Worker<T, void>;
  private readonly givingUp = new Set<Promise<void>>();
  private stopping: Promise<void> | undefined;

  constructor(options: ConsumerOptions<T>) {
    this.worker = new Worker<T, void>(options.queue, (job, token) => runKnown(job, token, options), {
      connection: options.connection,
      prefix: REDIS_PREFIX,
      concurrency: options.concurrency,
      autorun: false,
      ...workerTimings[options.queue],
    });
    this.worker.on('error', options.onError);
    this.worker.on('failed', (job, error) => {
      if (job?.finishedOn !== undefined) this.giveUp(options.onGivenUp(job, error).catch(options.onError));
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
    await this.worker.close();
    await Promise.all(this.givingUp);
  }

  /** Events are not waited for by BullMQ: without this a stop would cut them off. */
  private giveUp(work: Promise<void>): void {
    this.givingUp.add(work);
    void work.finally(() => this.givingUp.delete(work));
  }
}

async function runKnown<T extends { v: number }>(job: Job<T>, token: string | undefined, options: ConsumerOptions<T>): Promise<void> {
  if (job.data.v === KNOWN_VERSION) return options.process(job);
  await job.moveToDelayed(Date.now() + HAND_ON_MS, token);
  throw new DelayedError();
}
