import { quantileOf, valuesOf } from '@cytoqueue/metrics';
import { BacklogReader, type BatchProgress, MinuteSums, type QueueBacklog, type RecentSums, type Sums, readWorkers } from '@cytoqueue/queue';
import { defaultPolicy } from '@cytoqueue/scaling';
import type { Redis } from 'ioredis';

/** Who asks within this time gets the same figures: a page that many watch costs Redis no more than one. */
const SHARE_MS = 1_000;
const FAILURES_MINUTES = 60;
const LATENCY_MINUTES = 10;

export interface Percentiles {
  p50: number;
  p99: number;
}

/** How the queue stands. Times in seconds unless their name says otherwise. */
export interface QueueStatus {
  asOf: Date;
  backlogRows: number;
  backlogJobs: number;
  oldestJobAgeSeconds: number;
  workersAlive: number;
  /** Of batches, over the last minute. */
  rowsPerSecond: number;
  /** At the pace of late, or as the scaling policy assumes it when nothing was scored for an hour; undefined when nobody works. */
  drainSeconds: number | undefined;
  queues: QueueBacklog[];
  latency: { waitMs: Percentiles | undefined; totalMs: Percentiles | undefined };
  /** Of the last hour. */
  failures: { shardsFailed: number; jobsRetried: number };
}

export class QueueWatch {
  private readonly backlog: BacklogReader;
  private readonly sums: MinuteSums;
  private latest: { untilMs: number; status: Promise<QueueStatus> } | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly progress: BatchProgress,
  ) {
    this.backlog = new BacklogReader(redis);
    this.sums = new MinuteSums(redis);
  }

  /** @throws QueueUnavailableError */
  read(): Promise<QueueStatus> {
    const nowMs = performance.now();
    if (this.latest === undefined || this.latest.untilMs < nowMs) this.latest = { untilMs: nowMs + SHARE_MS, status: this.look() };
    return this.latest.status;
  }

  private async look(): Promise<QueueStatus> {
    const asOf = new Date();
    const [queues, workers, pace, recent] = await Promise.all([
      this.backlog.read(), readWorkers(this.redis), this.progress.rowsPerSecond(), this.sums.recent(FAILURES_MINUTES),
    ]);
    const backlogRows = sum(queues, ({ rows }) => rows);
    const hour = addUp(recent.minutes);
    const capacity = pace === undefined ? workers.alive * defaultPolicy.rowsPerSecondPerWorker : pace * workers.slots;
    return {
      asOf,
      backlogRows,
      backlogJobs: sum(queues, ({ jobs }) => jobs),
      oldestJobAgeSeconds: Math.max(...queues.map(({ oldestAgeSeconds }) => oldestAgeSeconds)),
      workersAlive: workers.alive,
      rowsPerSecond: rowsPerSecond(recent),
      drainSeconds: backlogRows === 0 ? 0 : capacity === 0 ? undefined : backlogRows / capacity,
      queues,
      latency: latencyOf(addUp(recent.minutes.slice(0, LATENCY_MINUTES))),
      failures: { shardsFailed: hour['ShardsFailed'] ?? 0, jobsRetried: hour['JobsRetried'] ?? 0 },
    };
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function addUp(minutes: readonly Sums[]): Sums {
  const total: Sums = {};
  for (const minute of minutes) for (const [name, value] of Object.entries(minute)) total[name] = (total[name] ?? 0) + value;
  return total;
}

/** Of the last sixty seconds, the part of them that lies in the minute before taken for evenly spread. */
export function rowsPerSecond({ seconds, minutes: [present = {}, before = {}] }: RecentSums): number {
  const rows = ({ RowsPredicted = 0, RowsRejected = 0 }: Sums) => RowsPredicted + RowsRejected;
  return (rows(present) + rows(before) * ((60 - seconds) / 60)) / 60;
}

function latencyOf(sums: Sums): QueueStatus['latency'] {
  const percentiles = (name: 'PredictionQueueWait' | 'PredictionLatency'): Percentiles | undefined => {
    const values = valuesOf(name, sums);
    const [p50, p99] = [quantileOf(values, 0.5), quantileOf(values, 0.99)];
    return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
  };
  return { waitMs: percentiles('PredictionQueueWait'), totalMs: percentiles('PredictionLatency') };
}
