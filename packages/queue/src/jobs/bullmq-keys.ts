import { type QueueName, REDIS_PREFIX } from './job-types';

/*
 * BullMQ's private Redis key layout (version 6), as far as we depend on it. Only this file names its keys:
 *
 *     {prefix}:{queue}:{id}                       the job: data, opts, parentKey, priority, …
 *     {prefix}:{queue}:{id}:lock                  held by the worker that runs the job
 *     {prefix}:{queue}:{id}:dependencies          of a parent: keys of children that have not ended
 *     {prefix}:{queue}:{id}:processed, :failed, :unsuccessful   of a parent: results of its children
 *     {prefix}:{queue}:wait, :active              lists of job ids
 *     {prefix}:{queue}:prioritized, :delayed, :waiting-children, :completed, :failed   sorted sets of job ids
 *
 * Losing one of these keys costs no work, so recovery ignores them: `:marker` (workers also check without it), `:stalled` and
 * `:stalled-check` (rebuilt by the next check), `:id` and `:pc` (counters), `:events` (a log). `:meta` holds whether the queue
 * is paused, which is lost with it.
 */

/** Suffixes of a queue's keys. */
export const queuePart = {
  wait: ':wait',
  active: ':active',
  paused: ':paused',
  prioritized: ':prioritized',
  delayed: ':delayed',
  waitingChildren: ':waiting-children',
  completed: ':completed',
  failed: ':failed',
  meta: ':meta',
} as const;

/** Suffixes of a job's keys. */
export const jobPart = {
  lock: ':lock',
  dependencies: ':dependencies',
  processed: ':processed',
  failed: ':failed',
  unsuccessful: ':unsuccessful',
  logs: ':logs',
} as const;

export const QUEUE_LISTS = [queuePart.wait, queuePart.active, queuePart.paused] as const;
export const QUEUE_SORTED_SETS = [
  queuePart.prioritized,
  queuePart.delayed,
  queuePart.waitingChildren,
  queuePart.completed,
  queuePart.failed,
] as const;

/** Redis types of a queue's keys, by suffix. */
export const QUEUE_PART_TYPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(QUEUE_LISTS.map((part) => [part, 'list'])),
  ...Object.fromEntries(QUEUE_SORTED_SETS.map((part) => [part, 'zset'])),
  ':marker': 'zset',
  [queuePart.meta]: 'hash',
  ':events': 'stream',
  ':stalled': 'set',
  ':id': 'string',
  ':pc': 'string',
  ':stalled-check': 'string',
};

/** Redis types of a job's keys, by suffix. */
export const JOB_PART_TYPES: Readonly<Record<string, string>> = {
  '': 'hash',
  [jobPart.lock]: 'string',
  [jobPart.dependencies]: 'set',
  [jobPart.processed]: 'hash',
  [jobPart.failed]: 'hash',
  [jobPart.unsuccessful]: 'zset',
};

/** Score of a delayed job: its due time in ms, then 12 bits that distinguish equal times. */
export const DELAYED_SCORES_PER_MS = 0x1000;
/** Score of a prioritized job: its priority, then 32 bits that keep the order of equal priorities. */
export const PRIORITIZED_SCORES_PER_PRIORITY = 2 ** 32;

/** Prefix of a queue's keys, without a trailing colon. */
export function queueKey(queue: QueueName): string {
  return `${REDIS_PREFIX}:${queue}`;
}

export function jobKey(queue: QueueName, jobId: string): string {
  return `${queueKey(queue)}:${jobId}`;
}

/** Our own key, which holds the id of a record's group job (prediction-queue.ts). */
export function groupKey(predictionId: string): string {
  return `${REDIS_PREFIX}:grouped:${predictionId}`;
}
