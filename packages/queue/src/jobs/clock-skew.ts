import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { asQueueUnavailable } from '../redis/errors';
import { DELAYED_SCORES_PER_MS, queueKey, queuePart } from './bullmq-keys';
import type { QueueName } from './job-types';

/** Longer than any delay we set (see jobOptions): a later due time was computed from another clock. */
const MAX_DELAY_MS = 30 * 60_000;
const JOBS_PAGE_SIZE = 100;

/**
 * Promotes delayed jobs that are due later than any delay we set. Their due time was computed before a clock jump or by a host
 * with another clock, and they would wait for as long as the clocks differ.
 * @returns the number of promoted jobs
 * @throws QueueUnavailableError
 */
export async function promoteSkewedDelays(queue: Queue, redis: Redis, nowMs: number): Promise<number> {
  const minScore = (nowMs + MAX_DELAY_MS) * DELAYED_SCORES_PER_MS;
  const key = `${queueKey(queue.name as QueueName)}${queuePart.delayed}`;
  const ids = await asQueueUnavailable(redis.zrangebyscore(key, minScore, '+inf', 'LIMIT', 0, JOBS_PAGE_SIZE));
  const jobs = await Promise.all(ids.map((id) => asQueueUnavailable(queue.getJob(id))));
  const outcomes = await Promise.all(jobs.map(async (job) => job !== undefined && asQueueUnavailable(tryPromote(job))));
  return outcomes.filter((promoted) => promoted).length;
}

/** @returns false when another process has promoted the job */
async function tryPromote(job: Job): Promise<boolean> {
  try {
    await job.promote();
    return true;
  } catch (error) {
    if (await job.isDelayed()) throw error;
    return false;
  }
}
