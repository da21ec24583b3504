import { type Job, type Processor, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type QueueName, REDIS_PREFIX, workerTimings } from './names';

export interface ConsumerOptions<T> {
  queue: QueueName;
  connection: Redis;
  concurrency: number;
  process: Processor<T, void>;
  /** After the last attempt failed. */
  onGivenUp: (job: Job<T>, error: Error) => Promise<void>;
  onError: (error: Error) => void;
}

/** A BullMQ worker with the timings of its queue. `start` and `stop` are idempotent; `stop` lets running jobs end. */
export class Consumer<T> {
  private readonly worker: Worker<T, void>;
  private stopping: Promise<void> | undefined;

  constructor(options: ConsumerOptions<T>) {
    this.worker = new Worker<T, void>(options.queue, options.process, {
      connection: options.connection,
      prefix: REDIS_PREFIX,
      concurrency: options.concurrency,
      autorun: false,
      ...workerTimings[options.queue],
    });
    this.worker.on('error', options.onError);
    this.worker.on('failed', (job, error) => {
      if (job !== undefined && isGivenUp(job)) options.onGivenUp(job, error).catch(options.onError);
    });
  }

  start(): void {
    if (this.worker.isRunning() || this.stopping !== undefined) return;
    this.worker.run().catch((error: unknown) => this.worker.emit('error', error as Error));
  }

  stop(): Promise<void> {
    this.stopping ??= this.worker.close();
    return this.stopping;
  }
}

function isGivenUp(job: Job): boolean {
  return job.finishedOn !== undefined;
}
