import type { Redis } from 'ioredis';
import { CANARY_TENANT, type QueueName, REDIS_PREFIX, queueNames } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

/**
 * One queue. Active jobs count as backlog, because they may be delivered again until they have ended; delayed ones count,
 * because a store outage delays every job there is.
 */
export interface QueueBacklog {
  name: QueueName;
  waiting: number;
  prioritized: number;
  /** Due or not, test records included. */
  delayed: number;
  active: number;
  failed: number;
  isPaused: boolean;
  /** Waiting, prioritised, delayed and active. */
  jobs: number;
  /** What these jobs hold: a record is one row, ending a batch is none. */
  rows: number;
  /** Of the oldest of these jobs, in seconds; 0 without any. */
  oldestAgeSeconds: number;
}

/** One moment of all queues. A job may move while the queues are read one by one: that would count it twice, or not at all. */
const SNAPSHOT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = { now }
for i, key in ipairs(KEYS) do
  found[i + 1] = {
    redis.call('LRANGE', key .. ':wait', 0, -1),
    redis.call('LRANGE', key .. ':paused', 0, -1),
    redis.call('ZRANGE', key .. ':prioritized', 0, -1),
    redis.call('ZRANGE', key .. ':delayed', 0, -1),
    redis.call('LRANGE', key .. ':active', 0, -1),
    redis.call('ZCARD', key .. ':failed'),
    redis.call('HEXISTS', key .. ':meta', 'paused')
  }
end
return found`;

/** `held`: where earlier releases of BullMQ kept the waiting jobs of a paused queue. */
type QueueSnapshot = [
  waiting: string[],
  held: string[],
  prioritized: string[],
  delayed: string[],
  active: string[],
  failed: number,
  paused: number,
];

/** What never changes of a job. */
interface JobInfo {
  rows: number;
  /** Since when it could be worked on, in ms since the epoch. */
  readySinceMs: number;
  isCanary: boolean;
}

const QUEUE_NAMES: readonly QueueName[] = Object.values(queueNames);
const READ_PAGE_SIZE = 500;

/**
 * How much is left to do, derived from the queues themselves, so it cannot drift from them. Which jobs there are is read in
 * one step; the rows of a job never change, so each job is read once in its life, in pieces that hold nobody up.
 */
export class BacklogReader {
  private jobCache = new Map<string, JobInfo>();

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError */
  async read(): Promise<QueueBacklog[]> {
    const keys = QUEUE_NAMES.map((name) => `${REDIS_PREFIX}:${name}`);
    const [nowMs, ...found] = (await asQueueUnavailable(this.redis.eval(SNAPSHOT_SCRIPT, keys.length, ...keys))) as [
      number,
      ...QueueSnapshot[],
    ];
    const jobs = found.flatMap(([waiting, paused, prioritized, delayed, active], i) =>
      [waiting, paused, prioritized, delayed, active].flat().map((id) => ({ name: QUEUE_NAMES[i], id })),
    );
    await this.loadNewJobs(jobs, nowMs);
    return found.map((snapshot, i) => this.describe(QUEUE_NAMES[i], snapshot, nowMs));
  }

  private async loadNewJobs(jobs: readonly { name: QueueName; id: string }[], nowMs: number): Promise<void> {
    const now = new Map<string, JobInfo>();
    const unknown: (typeof jobs)[number][] = [];
    for (const job of jobs) {
      const info = this.jobCache.get(jobKeyOf(job));
      if (info === undefined) unknown.push(job);
      else now.set(jobKeyOf(job), info);
    }
    for (let start = 0; start < unknown.length; start += READ_PAGE_SIZE) {
      const some = unknown.slice(start, start + READ_PAGE_SIZE);
      const pipeline = this.redis.pipeline();
      for (const job of some) pipeline.hmget(jobKeyOf(job), 'data', 'timestamp');
      const replies = (await asQueueUnavailable(pipeline.exec())) ?? [];
      some.forEach((job, i) => {
        const info = parseJobInfo(job.name, replies[i][1] as (string | null)[] | undefined, nowMs);
        if (info !== undefined) now.set(jobKeyOf(job), info);
      });
    }
    this.jobCache = now;
  }

  private describe(
    name: QueueName,
    [waiting, paused, prioritized, delayed, active, failed, isPaused]: QueueSnapshot,
    nowMs: number,
  ): QueueBacklog {
    const counted = (ids: readonly string[]) =>
      ids.flatMap((id) => this.jobCache.get(jobKeyOf({ name, id })) ?? []).filter(({ isCanary }) => !isCanary);
    const all = counted([waiting, paused, prioritized, delayed, active].flat());
    const oldestMs = all.reduce((oldest, { readySinceMs }) => Math.min(oldest, readySinceMs), nowMs);
    return {
      name,
      waiting: counted([...waiting, ...paused]).length,
      prioritized: counted(prioritized).length,
      delayed: delayed.length,
      active: counted(active).length,
      failed,
      isPaused: isPaused === 1,
      jobs: all.length,
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      oldestAgeSeconds: (nowMs - oldestMs) / 1_000,
    };
  }
}

function jobKeyOf({ name, id }: { name: QueueName; id: string }): string {
  return `${REDIS_PREFIX}:${name}:${id}`;
}

/** undefined for a job that has ended and been removed since. */
function parseJobInfo(
  name: QueueName,
  [data, timestamp]: readonly (string | null)[] = [],
  nowMs: number,
): JobInfo | undefined {
  if (data === null || data === undefined) return undefined;
  const { tenant, rows = 1 } = parsePayload(data);
  // The end of a batch has waited for its shards until now: its age is the time since it was first seen without them.
  if (name === queueNames.finalize) return { rows: 0, readySinceMs: nowMs, isCanary: false };
  return { rows, readySinceMs: Number(timestamp), isCanary: tenant === CANARY_TENANT };
}

/** A job with a damaged payload counts as one row, and does not keep the others from being counted. */
function parsePayload(data: string): { tenant?: string; rows?: number } {
  try {
    return (JSON.parse(data) ?? {}) as { tenant?: string; rows?: number };
  } catch {
    return {};
  }
}
