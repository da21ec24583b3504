import type { CloudWatchPublisher } from '@cytoqueue/metrics';
import { type CounterOutbox, tryAcquireLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { toGauges } from './gauges';
import type { QueueStatusReader } from './queue-status';

/** How often each process asks whether the minute's report is its own. */
const POLL_INTERVAL_MS = 2_000;
const LEASE_MS = 120_000;
/** A stop waits no longer for the last figures; they stay in Redis for whoever reports next. */
const FLUSH_TIMEOUT_MS = 5_000;

export interface MetricsReporterDeps {
  redis: Redis;
  queueStatus: QueueStatusReader;
  outbox: CounterOutbox;
  publisher: CloudWatchPublisher;
  logger: Logger;
  pollIntervalMs?: number;
  flushTimeoutMs?: number;
}

/**
 * Reports once in every minute of Redis's clock, from one of all API processes: the first to ask. Each also reports the state when
 * it starts and when it stops, the latter with all that was counted. Runs beside the requests; nothing waits for it.
 */
export class MetricsReporter {
  private readonly periodic: PeriodicTask;
  private hasReported = false;
  private hasFailed = false;
  /** The last one that was given away, to whichever process. */
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
    const { queueStatus, publisher, logger, flushTimeoutMs = FLUSH_TIMEOUT_MS } = this.deps;
    await this.periodic.stop();
    const last = queueStatus.read().then((status) => publisher.flush(toGauges(status)));
    const timeout = new Promise(
      (_, reject) => void setTimeout(() => reject(new Error('timeout')), flushTimeoutMs).unref(),
    );
    await Promise.race([last, timeout]).catch((error: unknown) => logger.warn({ err: error }, 'last figures not sent'));
  }

  /** An outage is told once, not every two seconds. */
  private async reportSafely(): Promise<void> {
    try {
      await this.report();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.deps.logger.warn({ err: error }, 'figures not sent; they are kept and sent later');
      this.hasFailed = true;
    }
  }

  private async report(): Promise<void> {
    const { redis, queueStatus, outbox, publisher } = this.deps;
    const minute = await outbox.currentMinute();
    const isLeased = minute !== this.lastLeasedMinute && (await tryAcquireLease(redis, `report:${minute}`, LEASE_MS));
    this.lastLeasedMinute = minute;
    if (!isLeased && this.hasReported) return;
    const gauges = toGauges(await queueStatus.read());
    await (isLeased ? publisher.sendMinute(gauges) : publisher.sendGauges(gauges));
    this.hasReported = true;
  }
}
