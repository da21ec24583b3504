import { type QueueName, REDIS_PREFIX } from './job-types';

/*
 * BullMQ's private key layout (version 6), as far as we read it. Everything of ours that depends on it is in this file, in
 * run-health.ts and in unreadable-jobs.ts:
 *
 *     {prefix}:{queue}:{id}                       the job: data, opts, parentKey, priority, …
 *     {prefix}:{queue}:{id}:lock                  held by the worker that runs it
 *     {prefix}:{queue}:{id}:dependencies          of a parent: keys of children that have not ended
 *     {prefix}:{queue}:{id}:processed, :failed, :unsuccessful   of a parent: what has become of its children
 *     {prefix}:{queue}:wait, :active              lists of ids
 *     {prefix}:{queue}:prioritized, :delayed, :waiting-children, :completed, :failed   sorted sets of ids
 *
 * Losing one of the keys below costs nothing, so recovery does not look at them: `:marker` (workers also look without it),
 * `:stalled` and `:stalled-check` (rebuilt by the next check), `:id` and `:pc` (counters), `:events` (a log). `:meta` holds
 * whether the queue is paused, which is lost with it.
 */

/** The start of every key of a queue, without the colon behind it. */
export function queueKey(queue: QueueName): string {
  return `${REDIS_PREFIX}:${queue}`;
}

export function jobKey(queue: QueueName, jobId: string): string {
  return `${queueKey(queue)}:${jobId}`;
}
