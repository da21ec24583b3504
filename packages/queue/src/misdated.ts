import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { orUnavailable } from './unavailable';

/** Farther away than any delay we give (see jobOptions): such a time was reckoned from another clock. */
const FARTHEST_MS = 15 * 60_000;
const AT_ONCE = 100;
/** BullMQ's scores of delayed jobs: milliseconds, and twelve bits to tell equal ones apart. */
const SCORES_PER_MS = 0x1000;

/**
 * Has jobs come up again now that were put off by a clock that has jumped since, or by a process with another clock: they
 * would wait for as long as the clocks differ. @returns how many
 * @throws QueueUnavailableError
 */
export async function promoteMisdated(queue: Queue, redis: Redis, nowMs: number): Promise<number> {
  const from = (nowMs + FARTHEST_MS) * SCORES_PER_MS;
  const ids = await orUnavailable(redis.zrangebyscore(queue.toKey('delayed'), from, '+inf', 'LIMIT', 0, AT_ONCE));
  const jobs = await Promise.all(ids.map((id) => orUnavailable(queue.getJob(id))));
  const outcomes = await Promise.all(jobs.map(async (job) => job !== undefined && orUnavailable(promote(job))));
  return outcomes.filter((promoted) => promoted).length;
}

/** False when another process was faster. */
async function promote(job: Job): Promise<boolean> {
  try {
    await job.promote();
    return true;
  } catch (error) {
    if (await job.isDelayed()) throw error;
    return false;
  }
}
