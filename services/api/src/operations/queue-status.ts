import { quantileOf, readDistribution } from '@cytoqueue/metrics';
import {
  BacklogReader,
  type BatchProgress,
  MinuteCounters,
  type QueueBacklog,
  type RecentCounters,
  STALLED_AFTER_MS,
  type CounterValues,
  type Throughput,
  readThroughput,
  type SeenWorker,
  readBacklogHistory,
  readWorkers,
  recordBacklog,
} from '@cytoqueue/queue';
import { defaultPolicy } from '@cytoqueue/scaling';
import type { Redis } from 'ioredis';
import { readSensitivityAlarms } from '../confirmations/sensitivity-watch';

/** Readers within this time share one result, so that many viewers of a page cost Redis no more than one. */
const CACHE_MS = 1_000;
const FAILURES_MINUTES = 60;
const LATENCY_MINUTES = 10;

export interface Percentiles {
  p50: number;
  p99: number;
}

/** One minute of the queue's history. */
export interface QueueMinute {
  startMs: number;
  rowsPerSecond: number;
  /** Undefined while no API process ran. */
  backlogRows: number | undefined;
}

/** The state of the queue. Times are in seconds unless their name says otherwise. */
export interface QueueStatus {
  asOf: Date;
  backlogRows: number;
  backlogJobs: number;
  oldestJobAgeSeconds: number;
  workersAlive: number;
  /** Those that have not stopped in order, for some minutes after their last heartbeat. */
  workers: SeenWorker[];
  /** The complete minutes of the last hour, oldest first. */
  history: QueueMinute[];
  /** Throughput (records and rows of batches): a decaying average, 0 when nothing finished for 15 seconds. */
  rowsPerSecond: number;
  /** Whether rows wait in a queue that is not paused and none finished for 15 seconds. */
  stalled: boolean;
  /** Time without a finished row, when stalled. */
  stalledSeconds: number | undefined;
  /**
   * Backlog ÷ capacity of the workers: their recent scoring speed, or the scaling policy's assumed rate when nothing
   * was scored for an hour. Undefined without workers or when stalled.
   */
  drainSeconds: number | undefined;
  queues: QueueBacklog[];
  latency: { waitMs: Percentiles | undefined; totalMs: Percentiles | undefined };
  /** Tenants' models whose confirmed sensitivity is below the model card. */
  sensitivityAlarms: number;
  /** Failures of the last hour. */
  failures: { shardsFailed: number; jobsRetried: number };
}

export class QueueStatusReader {
  private readonly backlog: BacklogReader;
  private readonly counters: MinuteCounters;
  private cached: { untilMs: number; status: Promise<QueueStatus> } | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly progress: BatchProgress,
  ) {
    this.backlog = new BacklogReader(redis);
    this.counters = new MinuteCounters(redis);
  }

  /** @throws QueueUnavailableError */
  read(): Promise<QueueStatus> {
    const nowMs = performance.now();
    if (this.cached === undefined || this.cached.untilMs < nowMs)
      this.cached = { untilMs: nowMs + CACHE_MS, status: this.load() };
    return this.cached.status;
  }

  /** Adds the present backlog to the history. @throws QueueUnavailableError */
  async record(): Promise<void> {
    await recordBacklog(this.redis, totalRows(await this.backlog.read()));
  }

  private async load(): Promise<QueueStatus> {
    const asOf = new Date();
    const [queues, workers, rowsPerSecondPerSlot, finished, recent, sensitivityAlarms, backlogs] = await Promise.all([
      this.backlog.read(),
      readWorkers(this.redis),
      this.progress.readScoringSpeed(),
      readThroughput(this.redis),
      this.counters.recent(FAILURES_MINUTES),
      readSensitivityAlarms(this.redis),
      readBacklogHistory(this.redis),
    ]);
    const alive = workers.filter(({ isAlive }) => isAlive);
    const throughput = orFromMinuteCounters(finished, recent);
    const backlogRows = totalRows(queues);
    const idleSeconds = secondsWithoutProgress(queues, throughput);
    const stalled = idleSeconds * 1_000 >= STALLED_AFTER_MS;
    const hour = sumCounters(recent.minutes);
    const capacity =
      rowsPerSecondPerSlot === undefined
        ? alive.length * defaultPolicy.rowsPerSecondPerWorker
        : rowsPerSecondPerSlot * sum(alive, ({ slots }) => slots);
    return {
      asOf,
      backlogRows,
      backlogJobs: sum(queues, ({ jobs }) => jobs),
      oldestJobAgeSeconds: oldestAge(queues),
      workersAlive: alive.length,
      workers,
      history: toHistory(asOf, recent, backlogs),
      rowsPerSecond: throughput.rowsPerSecond,
      stalled,
      stalledSeconds: stalled ? idleSeconds : undefined,
      drainSeconds: drainSeconds(backlogRows, stalled ? 0 : capacity, idleSeconds),
      queues,
      latency: toLatency(sumCounters(recent.minutes.slice(0, LATENCY_MINUTES))),
      sensitivityAlarms,
      failures: { shardsFailed: hour['ShardsFailed'] ?? 0, jobsRetried: hour['JobsRetried'] ?? 0 },
    };
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function sumCounters(minutes: readonly CounterValues[]): CounterValues {
  const total: CounterValues = {};
  for (const minute of minutes)
    for (const [name, value] of Object.entries(minute)) total[name] = (total[name] ?? 0) + value;
  return total;
}

function totalRows(queues: readonly QueueBacklog[]): number {
  return sum(queues, ({ rows }) => rows);
}

function oldestAge(queues: readonly QueueBacklog[]): number {
  // Trainings may wait as long as there is other work.
  const urgent = queues.filter(({ name }) => name !== 'trainings');
  return urgent.reduce((oldest, { oldestAgeSeconds }) => Math.max(oldest, oldestAgeSeconds), 0);
}

/** Leaves out the current minute, which is not complete. */
function toHistory(
  asOf: Date,
  { seconds, minutes }: RecentCounters,
  backlogs: ReadonlyMap<number, number>,
): QueueMinute[] {
  const current = Math.round((asOf.getTime() / 1_000 - seconds) / 60);
  return minutes
    .map((counters, age) => ({
      startMs: (current - age) * 60_000,
      rowsPerSecond: processedRows(counters) / 60,
      backlogRows: backlogs.get(current - age),
    }))
    .slice(1)
    .reverse();
}

/** Uses the counters per minute when only earlier workers run, which write no throughput. */
function orFromMinuteCounters(
  throughput: Throughput,
  { seconds, minutes: [present = {}, before = {}] }: RecentCounters,
): Throughput {
  const rows = processedRows(present) + processedRows(before);
  const isCountedByMinuteOnly = rows > 0 && (throughput.idleMs ?? Infinity) > 120_000;
  return isCountedByMinuteOnly ? { rowsPerSecond: rows / (60 + seconds), idleMs: 0 } : throughput;
}

/** Rows of files and single records, as the throughput counts them. */
function processedRows({ RowsPredicted = 0, RowsRejected = 0, PredictionsCompleted = 0 }: CounterValues): number {
  return RowsPredicted + RowsRejected + PredictionsCompleted;
}

/** The time for which rows have waited while none finished; 0 when none wait outside paused queues. */
function secondsWithoutProgress(queues: readonly QueueBacklog[], { idleMs = Infinity }: Throughput): number {
  return Math.min(oldestAge(queues.filter(({ rows, isPaused }) => rows > 0 && !isPaused)), idleMs / 1_000);
}

/** At least the idle time, so that a stop shows before it counts as stalled. */
function drainSeconds(rows: number, rowsPerSecond: number, idleSeconds: number): number | undefined {
  if (rows === 0) return 0;
  return rowsPerSecond === 0 ? undefined : Math.max(rows / rowsPerSecond, idleSeconds);
}

function toLatency(counters: CounterValues): QueueStatus['latency'] {
  const percentiles = (name: 'PredictionQueueWait' | 'PredictionLatency'): Percentiles | undefined => {
    const values = readDistribution(name, counters);
    const [p50, p99] = [quantileOf(values, 0.5), quantileOf(values, 0.99)];
    return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
  };
  return { waitMs: percentiles('PredictionQueueWait'), totalMs: percentiles('PredictionLatency') };
}
