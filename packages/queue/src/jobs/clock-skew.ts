import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { asQueueUnavailable } from '../redis/errors';

/** Farther away than any delay we give (see jobOptions): such a time was reckoned from another clock. */
const MAX_DELAY_MS = 15 * 60_000;
const JOBS_PAGE_SIZE = 100;
/** BullMQ's scores of delayed jobs: milliseconds, and twelve bits to tell equal ones apart. */
const SCORES_PER_MS = 0x1000;

/**
 * Has jobs come up again now that were put off by a clock that has jumped since, or by a process with another clock: they
 * would wait for as long as the clocks differ. @returns how many
 * @throws QueueUnavailableError
 */
export async function promoteSkewedDelays(queue: Queue, redis: Redis, nowMs: number): Promise<number> {
  const minScore = (nowMs + MAX_DELAY_MS) * SCORES_PER_MS;
  const ids = await asQueueUnavailable(
    redis.zrangebyscore(queue.toKey('delayed'), minScore, '+inf', 'LIMIT', 0, JOBS_PAGE_SIZE),
  );
  const jobs = await Promise.all(ids.map((id) => asQueueUnavailable(queue.getJob(id))));
  const outcomes = await Promise.all(jobs.map(async (job) => job !== undefined && asQueueUnavailable(tryPromote(job))));
  return outcomes.filter((promoted) => promoted).length;
}

/** False when another process was faster. */
async function tryPromote(job: Job): Promise<boolean> {
  try {
    await job.promote();
    return true;
  } catch (error) {
    if (await job.isDelayed()) throw error;
    return false;
  }
}
