import type { Queue } from 'bullmq';
import { asQueueUnavailable } from '../redis/errors';

export type JobState = 'queued' | 'active' | 'completed' | 'failed' | 'unknown';

/** State of a job; `unknown` when it was removed or never added. @throws QueueUnavailableError */
export async function stateOf(queue: Queue, jobId: string): Promise<JobState> {
  const state = await asQueueUnavailable(queue.getJobState(jobId));
  if (state === 'active' || state === 'completed' || state === 'failed' || state === 'unknown') return state;
  return 'queued';
}
