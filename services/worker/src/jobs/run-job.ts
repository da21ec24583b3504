import { CANARY_TENANT, type Job, PostponedError, UnrecoverableError } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import { alarmOf, toJobError } from '../errors';
import type { StallWatch } from '../stall-watch';
import type { WorkMetrics } from '../work-metrics';

interface RunServices {
  logger: Logger;
  metrics: WorkMetrics;
  stallWatch: Pick<StallWatch, 'moved'>;
}

/** Runs one job and writes its one line: what it was, how long it took, whether it will be tried again. Ids only. */
export async function runJob<T extends { tenant: string }>(job: Job<T>, { logger, metrics, stallWatch }: RunServices, work: () => Promise<void>): Promise<void> {
  metrics.delivered(job);
  stallWatch.moved();
  try {
    await work();
    // A canary a minute is not worth reading about.
    logger[job.data.tenant === CANARY_TENANT ? 'debug' : 'info'](jobLine(job), 'job done');
  } catch (error) {
    const alarm = alarmOf(error);
    if (alarm !== undefined) {
      metrics.checksumMismatch();
      logger.error({ ...jobLine(job), err: error, alarm }, alarm === 'object-corrupt' ? 'ALARM: a stored object is damaged' : 'ALARM: the store holds other bytes than this job results in');
    }
    const jobError = toJobError(error, Date.now() - job.timestamp);
    if (jobError instanceof PostponedError) logger.warn({ ...jobLine(job), err: error }, 'job put off');
    // The last one is told by whoever gives the job up.
    else if (!isLast(job, jobError)) logger.warn({ ...jobLine(job), err: error }, 'job attempt failed');
    throw jobError;
  } finally {
    stallWatch.moved();
  }
}

function isLast(job: Job, error: Error): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** What a job's line says: ids, how often it was tried, how long it waited and took. */
export function jobLine<T extends object>(job: Job<T>): Record<string, unknown> {
  const { timestamp, processedOn = timestamp, finishedOn = Date.now(), attemptsMade } = job;
  const attempt = job.finishedOn === undefined ? attemptsMade + 1 : attemptsMade;
  const times = { waited_ms: Math.max(0, processedOn - timestamp), duration_ms: Math.max(0, finishedOn - processedOn) };
  return { job: job.id, queue: job.queueName, ...job.data, attempt, ...times };
}
