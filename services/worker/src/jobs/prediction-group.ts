import { type Job, type PredictionGroupJob, type PredictionQueue, publishChange } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { isOutage } from '../errors';
import type { WorkerMetrics } from '../worker-metrics';
import type { PredictionProcessor } from './prediction';

export interface PredictionGroupDeps {
  processor: PredictionProcessor;
  singleRecords: Pick<PredictionQueue, 'separate' | 'forgetGroup'>;
  metrics: Pick<WorkerMetrics, 'groupCompleted'>;
  redis: Redis;
  logger: Logger;
}

/**
 * `stored`: with this result, which counts; `ended` in another way; `failed`: in need of a job of its own; `outage`: to be
 * repeated with the group.
 */
interface Outcome {
  readonly predictionId: string;
  readonly kind: 'stored' | 'ended' | 'failed' | 'outage';
  readonly error?: unknown;
}

/**
 * Scores the records of a group job (prediction-queue.ts), whose writes are shared. A record that fails, and every
 * unfinished record of a redelivered group, gets a job of its own: one record that crashes workers does not stop the others.
 * @throws the error of an outage that concerns every job, once the records that have ended are counted
 */
export async function processGroup(deps: PredictionGroupDeps, job: Job<PredictionGroupJob>): Promise<void> {
  const { processor, singleRecords, metrics } = deps;
  const { tenant, predictionIds } = job.data;
  const outcomes = await Promise.all(predictionIds.map((id) => scoreRecord(deps, job, id)));
  const idsOf = (kind: Outcome['kind']) =>
    outcomes.filter((outcome) => outcome.kind === kind).map(({ predictionId }) => predictionId);
  const [stored, ended] = [idsOf('stored'), idsOf('ended')];
  await Promise.all([
    stored.length > 0 && metrics.groupCompleted(job, stored),
    singleRecords.forgetGroup(ended),
    singleRecords.separate(tenant, idsOf('failed'), job.timestamp),
  ]);
  await Promise.all([...stored, ...ended].map((predictionId) => processor.cleanUp({ v: 1, tenant, predictionId })));
  const outage = outcomes.find(({ kind }) => kind === 'outage');
  if (outage !== undefined) throw outage.error;
}

/** For a group that has failed for good. The reconciler deletes the markers of its records that have ended. */
export async function giveUpGroup(
  { processor, singleRecords }: Pick<PredictionGroupDeps, 'processor' | 'singleRecords'>,
  { data: { tenant, predictionIds }, timestamp }: Job<PredictionGroupJob>,
): Promise<void> {
  const haveEnded = await Promise.all(predictionIds.map((id) => processor.isComplete({ tenant, predictionId: id })));
  const unfinished = predictionIds.filter((_, index) => haveEnded[index] === false);
  await singleRecords.separate(tenant, unfinished, timestamp);
}

async function scoreRecord(
  { processor, redis, logger }: PredictionGroupDeps,
  { id, data: { tenant }, stalledCounter, attemptsMade }: Job<PredictionGroupJob>,
  predictionId: string,
): Promise<Outcome> {
  const record = { v: 1, tenant, predictionId } as const;
  // A postponement is not one: then no record has failed or crashed a worker.
  const isRedelivered = stalledCounter > 0 || attemptsMade > 0;
  try {
    if (isRedelivered && !(await processor.isComplete(record))) return { predictionId, kind: 'failed' };
    const isStored = await processor.process(record);
    await publishChange(redis, predictionId);
    return { predictionId, kind: isStored ? 'stored' : 'ended' };
  } catch (error) {
    if (isOutage(error)) return { predictionId, kind: 'outage', error };
    // Its own job decides what the error means, and raises the alarm.
    logger.info({ job: id, tenant, prediction_id: predictionId, err: error }, 'record gets a job of its own');
    return { predictionId, kind: 'failed' };
  }
}
