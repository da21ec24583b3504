import type { JobProducer } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';

const POLL_INTERVAL_MS = 5_000;

/**
 * Notices that a worker has stopped working without having ended: work waits, Redis answers, and for long no job was begun
 * or ended here. That happens to nobody who is merely busy or idle, and a restart mends it.
 */
export class LivenessMonitor {
  private readonly periodic: PeriodicTask;
  private activityCount = 0;
  private lastActivityCount = 0;
  private inactiveSinceMs: number | undefined;
  private isLogged = false;

  /**
   * @param stallMs for how long that must be so
   * @param now a monotonic clock, in milliseconds
   */
  constructor(
    private readonly producer: Pick<JobProducer, 'waitingJobs'>,
    private readonly stallMs: number,
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.periodic = new PeriodicTask({
      name: 'stall watch',
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

  /** A job was begun, or has ended in whatever way. */
  recordActivity(): void {
    this.activityCount++;
  }

  get isStalled(): boolean {
    return this.inactiveSinceMs !== undefined && this.now() - this.inactiveSinceMs > this.stallMs;
  }

  /** Called every five seconds once it has started, or as often as `stallMs` when that is shorter. */
  async poll(): Promise<void> {
    // Without an answer from Redis nothing can move, and a restart would not help.
    const waiting = await this.producer.waitingJobs().catch(() => 0);
    const hasMoved = this.activityCount !== this.lastActivityCount;
    this.lastActivityCount = this.activityCount;
    if (waiting === 0 || hasMoved) this.inactiveSinceMs = undefined;
    else this.inactiveSinceMs ??= this.now();
    if (this.isStalled && !this.isLogged)
      this.logger.error({ waiting, stall_ms: this.stallMs }, 'work waits and nothing moves: not alive any more');
    this.isLogged = this.isStalled;
  }
}
