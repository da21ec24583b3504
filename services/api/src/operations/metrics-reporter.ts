import type { CloudWatchPublisher, Gauge } from '@cytoqueue/metrics';
import { type CounterOutbox, tryAcquireLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { toGauges } from './gauges';
import type { OutdatedChampions } from './outdated-champions';
import type { QueueStatusReader } from './queue-status';

/** Interval at which each process tries to acquire the lease for the current minute. */
const POLL_INTERVAL_MS = 2_000;
const LEASE_MS = 120_000;
/** A stop waits at most this long to flush; unsent counters stay in Redis for the next report. */
const FLUSH_TIMEOUT_MS = 5_000;

export interface MetricsReporterDeps {
  redis: Redis;
  queueStatus: QueueStatusReader;
  outdatedChampions: Pick<OutdatedChampions, 'gauges'>;
  outbox: CounterOutbox;
  publisher: CloudWatchPublisher;
  logger: Logger;
  pollIntervalMs?: number;
  flushTimeoutMs?: number;
}

/**
 * Reports metrics to CloudWatch once per minute of Redis's clock, from the API process that acquires the minute's
 * lease. Every process also sends the gauges when it starts, and gauges and counters when it stops. No request waits
 * for it.
 */
export class MetricsReporter {
  private readonly periodic: PeriodicTask;
  private hasReported = false;
  private hasFailed = false;
  /** The last minute whose lease was decided, here or in another process. */
  private lastLeasedMinute = 0;

  constructor(private readonly deps: MetricsReporterDeps) {
    this.periodic = new PeriodicTask({
      name: 'report',
      intervalMs: deps.pollIntervalMs ?? POLL_INTERVAL_MS,
      logger: deps.logger,
      run: () => this.reportSafely(),
    });
  }

  start(): void {
    this.periodic.start();
  }

  async stop(): Promise<void> {
    const { publisher, logger, flushTimeoutMs = FLUSH_TIMEOUT_MS } = this.deps;
    await this.periodic.stop();
    const last = this.readGauges().then((gauges) => publisher.flush(gauges));
    const timeout = new Promise(
      (_, reject) => void setTimeout(() => reject(new Error('timeout')), flushTimeoutMs).unref(),
    );
    await Promise.race([last, timeout]).catch((error: unknown) =>
      logger.warn({ err: error }, 'the last metrics were not sent'),
    );
  }

  /** Logs an outage once, not at every poll. */
  private async reportSafely(): Promise<void> {
    try {
      await this.report();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.deps.logger.warn({ err: error }, 'metrics were not sent; they are kept and sent later');
      this.hasFailed = true;
    }
  }

  private async report(): Promise<void> {
    const { redis, outbox, publisher } = this.deps;
    const minute = await outbox.currentMinute();
    const isLeased = minute !== this.lastLeasedMinute && (await tryAcquireLease(redis, `report:${minute}`, LEASE_MS));
    this.lastLeasedMinute = minute;
    if (!isLeased && this.hasReported) return;
    const gauges = await this.readGauges();
    await (isLeased ? publisher.sendMinute(gauges) : publisher.sendGauges(gauges));
    this.hasReported = true;
  }

  private async readGauges(): Promise<Gauge[]> {
    const { queueStatus, outdatedChampions } = this.deps;
    return [...toGauges(await queueStatus.read()), ...(await outdatedChampions.gauges())];
  }
}
