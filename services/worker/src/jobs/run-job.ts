import { type Job, PostponedError } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import { isAlarm, toJobError } from '../errors';
import type { WorkMetrics } from '../work-metrics';

/** Runs one job and writes its one line: what it was, how long it took, whether it will be tried again. Ids only. */
export async function runJob<T extends { tenant: string }>(job: Job<T>, { logger, metrics }: { logger: Logger; metrics: WorkMetrics }, work: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  metrics.delivered(job);
  const line = (): Record<string, unknown> => ({
    job: job.id,
    queue: job.queueName,
    ...job.data,
    attempt: job.attemptsMade + 1,
    waited_ms: Math.max(0, (job.processedOn ?? job.timestamp) - job.timestamp),
    duration_ms: Math.round(performance.now() - startedMs),
  });
  try {
    await work();
    logger.info(line(), 'job done');
  } catch (error) {
    if (isAlarm(error)) logger.error({ ...line(), err: error, alarm: 'object-mismatch' }, 'ALARM: the store holds other bytes than this job comes to');
    const jobError = toJobError(error, Date.now() - job.timestamp);
    logger.warn({ ...line(), err: error }, jobError instanceof PostponedError ? 'job put off' : 'job attempt failed');
    throw jobError;
  }
}
