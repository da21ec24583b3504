import { type Job, type PredictionGroupJob, type PredictionQueue, publishChange } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import type { WorkerMetrics } from '../worker-metrics';
import type { PredictionProcessor } from './prediction';

export interface PredictionGroupDeps {
  processor: PredictionProcessor;
  singleRecords: Pick<PredictionQueue, 'separate' | 'forgetGroup'>;
  metrics: Pick<WorkerMetrics, 'groupCompleted'>;
  redis: Redis;
  logger: Logger;
}

/** `stored`: with this result, which counts; `ended` in another way; `unfinished`: in need of a job of its own. */
type Outcome = 'stored' | 'ended' | 'unfinished';

/**
 * Scores the records of a group job (prediction-queue.ts), whose writes are shared. A record that fails, and every
 * unfinished record of a redelivered group, gets a job of its own: one record that crashes workers does not stop the others.
 */
export async function processGroup(deps: PredictionGroupDeps, job: Job<PredictionGroupJob>): Promise<void> {
  const { processor, singleRecords, metrics } = deps;
  const { tenant, predictionIds } = job.data;
  const outcomes = await Promise.all(predictionIds.map((id) => scoreRecord(deps, job, id)));
  const idsOf = (outcome: Outcome) => predictionIds.filter((_, index) => outcomes[index] === outcome);
  const [stored, ended] = [idsOf('stored'), idsOf('ended')];
  await Promise.all([
    stored.length > 0 && metrics.groupCompleted(job, stored),
    singleRecords.forgetGroup(ended),
    singleRecords.separate(tenant, idsOf('unfinished')),
  ]);
  await Promise.all([...stored, ...ended].map((predictionId) => processor.cleanUp({ v: 1, tenant, predictionId })));
}

/** For a group that has failed for good. The reconciler deletes the markers of its records that have ended. */
export async function giveUpGroup(
  { processor, singleRecords }: Pick<PredictionGroupDeps, 'processor' | 'singleRecords'>,
  { tenant, predictionIds }: PredictionGroupJob,
): Promise<void> {
  const haveEnded = await Promise.all(predictionIds.map((id) => processor.isComplete({ tenant, predictionId: id })));
  await singleRecords.separate(
    tenant,
    predictionIds.filter((_, index) => haveEnded[index] === false),
  );
}

async function scoreRecord(
  { processor, redis, logger }: PredictionGroupDeps,
  { id, data: { tenant }, attemptsStarted }: Job<PredictionGroupJob>,
  predictionId: string,
): Promise<Outcome> {
  const record = { v: 1, tenant, predictionId } as const;
  try {
    if (attemptsStarted > 1 && !(await processor.isComplete(record))) return 'unfinished';
    const isStored = await processor.process(record);
    await publishChange(redis, predictionId);
    return isStored ? 'stored' : 'ended';
  } catch (error) {
    // Its own job decides what the error means, and raises the alarm.
    logger.info({ job: id, tenant, prediction_id: predictionId, err: error }, 'record gets a job of its own');
    return 'unfinished';
  }
}
