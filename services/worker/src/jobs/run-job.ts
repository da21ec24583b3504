import {
  CANARY_TENANT,
  type Job,
  PostponeError,
  type PredictionGroupJob,
  type PredictionJob,
  type ShardJob,
  type TrainingJob,
  UnrecoverableError,
} from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import { alarmOf, leastPostponedMs, toJobError } from '../errors';
import type { LivenessMonitor } from '../liveness-monitor';
import type { WorkerMetrics } from '../worker-metrics';

interface RunJobDeps {
  logger: Logger;
  metrics: WorkerMetrics;
  livenessMonitor: Pick<LivenessMonitor, 'recordActivity'>;
}

/**
 * Runs one attempt of a job and logs its ids and times, and whether it was done, postponed or failed. No patient data.
 */
export async function runJob<T extends { tenant: string }>(
  job: Job<T>,
  { logger, metrics, livenessMonitor }: RunJobDeps,
  work: () => Promise<void>,
): Promise<void> {
  livenessMonitor.recordActivity();
  try {
    await work();
    // One canary per minute would fill the log.
    logger[job.data.tenant === CANARY_TENANT ? 'debug' : 'info'](jobLogFields(job), 'job done');
  } catch (error) {
    const alarm = alarmOf(error);
    if (alarm !== undefined) {
      metrics.checksumMismatch();
      logger.error(
        { ...jobLogFields(job), err: error, alarm },
        alarm === 'object-corrupt'
          ? 'ALARM: a stored object is damaged'
          : 'ALARM: the stored object differs from what this job computed',
      );
    }
    const jobError = toJobError(error, leastPostponedMs(Date.now() - job.timestamp, job.attemptsStarted));
    if (jobError instanceof PostponeError) {
      // A postponement without a cause is a decision, whose stack trace would tell nothing.
      const { reason, cause: err } = jobError;
      logger.warn({ ...jobLogFields(job), reason, ...(err !== undefined && { err }) }, 'job postponed');
    }
    // The last failed attempt is logged by `onFailedForGood`.
    else if (!isLastAttempt(job, jobError)) logger.warn({ ...jobLogFields(job), err: error }, 'job attempt failed');
    throw jobError;
  } finally {
    livenessMonitor.recordActivity();
  }
}

function isLastAttempt(job: Job, error: Error): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** The fields of a job's log line: ids, attempt, waiting time and duration. Ids are spelled as in the HTTP API. */
export function jobLogFields<T extends object>(job: Job<T>): Record<string, unknown> {
  const { timestamp, processedOn = timestamp, finishedOn = Date.now(), attemptsMade } = job;
  const attempt = job.finishedOn === undefined ? attemptsMade + 1 : attemptsMade;
  const times = { waited_ms: Math.max(0, processedOn - timestamp), duration_ms: Math.max(0, finishedOn - processedOn) };
  const { batchId, predictionId, predictionIds, trainingId, ...data } = job.data as Partial<
    Omit<ShardJob & PredictionJob & TrainingJob & PredictionGroupJob, 'v'>
  >;
  const ids = {
    batch_id: batchId,
    prediction_id: predictionId,
    prediction_ids: predictionIds,
    training_id: trainingId,
  };
  return { job: job.id, queue: job.queueName, ...data, ...ids, attempt, ...times };
}
