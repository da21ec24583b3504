import type { Redis } from 'ioredis';
import { jobKey, queueKey, queuePart } from '../jobs/bullmq-keys';
import { CANARY_TENANT, type QueueName, queueNames } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

/**
 * The backlog of one queue. It includes active jobs, because they may be redelivered until they end, and delayed jobs, because
 * a store outage delays every job.
 */
export interface QueueBacklog {
  name: QueueName;
  waiting: number;
  prioritized: number;
  /** Due or not; includes the canary's records. */
  delayed: number;
  active: number;
  failed: number;
  isPaused: boolean;
  /** Waiting, prioritised, delayed and active, without the canary's records. A group of records counts as one job per record. */
  jobs: number;
  /** Rows in these jobs: a record has one, a finalizer and a training none. */
  rows: number;
  /** Age of the oldest of these jobs; 0 without jobs. */
  oldestAgeSeconds: number;
}

/** Reads all queues atomically. Read one by one, a job that moves could be counted twice or not at all. */
const SNAPSHOT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = { now }
for i, key in ipairs(KEYS) do
  found[i + 1] = {
    redis.call('LRANGE', key .. '${queuePart.wait}', 0, -1),
    redis.call('LRANGE', key .. '${queuePart.paused}', 0, -1),
    redis.call('ZRANGE', key .. '${queuePart.prioritized}', 0, -1),
    redis.call('ZRANGE', key .. '${queuePart.delayed}', 0, -1),
    redis.call('LRANGE', key .. '${queuePart.active}', 0, -1),
    redis.call('ZCARD', key .. '${queuePart.failed}'),
    redis.call('HEXISTS', key .. '${queuePart.meta}', 'paused')
  }
end
return found`;

/** `held`: earlier BullMQ releases kept the waiting jobs of a paused queue in `:paused`. */
type QueueSnapshot = [
  waiting: string[],
  held: string[],
  prioritized: string[],
  delayed: string[],
  active: string[],
  failed: number,
  paused: number,
];

/** The immutable part of a job. */
interface JobInfo {
  /** Records of a group job; otherwise 1. */
  jobs: number;
  rows: number;
  /** When a worker could first take it, in ms since the epoch. */
  readySinceMs: number;
  isCanary: boolean;
}

const QUEUE_NAMES: readonly QueueName[] = Object.values(queueNames);
const NO_JOBS: QueueSnapshot = [[], [], [], [], [], 0, 0];
const READ_PAGE_SIZE = 500;

/**
 * Computes the backlog from the queues themselves, so it cannot drift from them. Reads the job ids atomically. A job's rows
 * never change, so each job is read once and cached, in pages that do not block other clients.
 */
export class BacklogReader {
  private jobCache = new Map<string, JobInfo>();

  constructor(private readonly redis: Redis) {}

  /** @throws QueueUnavailableError */
  async read(): Promise<QueueBacklog[]> {
    const keys = QUEUE_NAMES.map((name) => queueKey(name));
    const [nowMs, ...found] = (await asQueueUnavailable(this.redis.eval(SNAPSHOT_SCRIPT, keys.length, ...keys))) as [
      number,
      ...QueueSnapshot[],
    ];
    const snapshots = QUEUE_NAMES.map((name, i) => ({ name, snapshot: found[i] ?? NO_JOBS }));
    const jobs = snapshots.flatMap(({ name, snapshot }) => allIds(snapshot).map((id) => ({ name, id })));
    await this.loadNewJobs(jobs, nowMs);
    return snapshots.map(({ name, snapshot }) => this.describe(name, snapshot, nowMs));
  }

  private async loadNewJobs(jobs: readonly { name: QueueName; id: string }[], nowMs: number): Promise<void> {
    const current = new Map<string, JobInfo>();
    const unknown: (typeof jobs)[number][] = [];
    for (const job of jobs) {
      const info = this.jobCache.get(jobKeyOf(job));
      if (info === undefined) unknown.push(job);
      else current.set(jobKeyOf(job), info);
    }
    for (let start = 0; start < unknown.length; start += READ_PAGE_SIZE) {
      const some = unknown.slice(start, start + READ_PAGE_SIZE);
      const pipeline = this.redis.pipeline();
      for (const job of some) pipeline.hmget(jobKeyOf(job), 'data', 'timestamp');
      const replies = (await asQueueUnavailable(pipeline.exec())) ?? [];
      some.forEach((job, i) => {
        const info = parseJobInfo(job.name, replies[i]?.[1] as (string | null)[] | undefined, nowMs);
        if (info !== undefined) current.set(jobKeyOf(job), info);
      });
    }
    this.jobCache = current;
  }

  private describe(name: QueueName, snapshot: QueueSnapshot, nowMs: number): QueueBacklog {
    const [waiting, held, prioritized, delayed, active, failed, paused] = snapshot;
    const read = (ids: readonly string[]) => ids.flatMap((id) => this.jobCache.get(jobKeyOf({ name, id })) ?? []);
    const jobsIn = (infos: readonly JobInfo[]) => infos.reduce((sum, { jobs }) => sum + jobs, 0);
    const counted = (ids: readonly string[]) => read(ids).filter(({ isCanary }) => !isCanary);
    const all = counted(allIds(snapshot));
    const oldestMs = all.reduce((oldest, { readySinceMs }) => Math.min(oldest, readySinceMs), nowMs);
    return {
      name,
      waiting: jobsIn(counted([...waiting, ...held])),
      prioritized: jobsIn(counted(prioritized)),
      delayed: jobsIn(read(delayed)),
      active: jobsIn(counted(active)),
      failed,
      isPaused: paused === 1,
      jobs: jobsIn(all),
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      oldestAgeSeconds: (nowMs - oldestMs) / 1_000,
    };
  }
}

function allIds([waiting, held, prioritized, delayed, active]: QueueSnapshot): string[] {
  return [...waiting, ...held, ...prioritized, ...delayed, ...active];
}

function jobKeyOf({ name, id }: { name: QueueName; id: string }): string {
  return jobKey(name, id);
}

/** Returns undefined for a job that has been removed meanwhile. */
function parseJobInfo(
  name: QueueName,
  [data, timestamp]: readonly (string | null)[] = [],
  nowMs: number,
): JobInfo | undefined {
  if (data === null || data === undefined) return undefined;
  const { tenant, rows = 1, predictionIds } = parsePayload(data);
  // Trainings wait for everything else, so workers are not added for their rows.
  if (name === queueNames.trainings) return { jobs: 1, rows: 0, readySinceMs: Number(timestamp), isCanary: false };
  // A finalizer waits for its shards first, so its age counts from when it was first seen ready.
  if (name === queueNames.finalize) return { jobs: 1, rows: 0, readySinceMs: nowMs, isCanary: false };
  const records = Array.isArray(predictionIds) ? Math.max(1, predictionIds.length) : undefined;
  return {
    jobs: records ?? 1,
    rows: records ?? rows,
    readySinceMs: Number(timestamp),
    isCanary: tenant === CANARY_TENANT,
  };
}

interface Payload {
  tenant?: string;
  rows?: number;
  predictionIds?: unknown;
}

/** A damaged payload counts as one row. */
function parsePayload(data: string): Payload {
  try {
    return (JSON.parse(data) ?? {}) as Payload;
  } catch {
    return {};
  }
}
