import type { JobProducer } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';

const POLL_INTERVAL_MS = 5_000;

/**
 * Detects a hung worker: jobs wait, Redis answers, and no job started or ended here for `stallMs`. Busy and idle
 * workers never match; a restart recovers a hung one.
 */
export class LivenessMonitor {
  private readonly periodic: PeriodicTask;
  private activityCount = 0;
  private lastActivityCount = 0;
  private inactiveSinceMs: number | undefined;
  private isLogged = false;

  /**
   * @param stallMs how long the worker may be inactive while jobs wait
   * @param now a monotonic clock, in milliseconds
   */
  constructor(
    private readonly producer: Pick<JobProducer, 'waitingJobs'>,
    private readonly stallMs: number,
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.periodic = new PeriodicTask({
      name: 'liveness monitor',
      intervalMs: Math.min(POLL_INTERVAL_MS, stallMs),
      logger,
      run: () => this.poll(),
    });
  }

  start(): void {
    this.periodic.start();
  }

  stop(): Promise<void> {
    return this.periodic.stop();
  }

  /** Call when a job starts and when it ends, successfully or not, and at the steps of a long one. */
  recordActivity(): void {
    this.activityCount++;
  }

  get isStalled(): boolean {
    return this.inactiveSinceMs !== undefined && this.now() - this.inactiveSinceMs > this.stallMs;
  }

  /** Runs every five seconds after `start`, or every `stallMs` when that is shorter. */
  async poll(): Promise<void> {
    // While Redis does not answer, no worker can process jobs and a restart would not help.
    const waiting = await this.producer.waitingJobs().catch(() => 0);
    const hasActivity = this.activityCount !== this.lastActivityCount;
    this.lastActivityCount = this.activityCount;
    if (waiting === 0 || hasActivity) this.inactiveSinceMs = undefined;
    else this.inactiveSinceMs ??= this.now();
    if (this.isStalled && !this.isLogged)
      this.logger.error({ waiting, stall_ms: this.stallMs }, 'jobs wait but this worker processes none: not live');
    this.isLogged = this.isStalled;
  }
}
