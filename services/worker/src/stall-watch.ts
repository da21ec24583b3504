import type { Producer } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';

const LOOK_MS = 5_000;

/**
 * Notices that a worker has stopped working without having ended: work waits, Redis answers, and for long no job was begun
 * or ended here. That happens to nobody who is merely busy or idle, and a restart mends it.
 */
export class StallWatch {
  private readonly periodic: Periodic;
  private events = 0;
  private eventsSeen = 0;
  private stuckSinceMs: number | undefined;
  private isTold = false;

  /**
   * @param stallMs for how long that must be so
   * @param now a monotonic clock, in milliseconds
   */
  constructor(
    private readonly producer: Pick<Producer, 'waitingJobs'>,
    private readonly stallMs: number,
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.periodic = new Periodic({ name: 'stall watch', everyMs: Math.min(LOOK_MS, stallMs), logger, turn: () => this.look() });
  }

  start(): void {
    this.periodic.start();
  }

  stop(): Promise<void> {
    return this.periodic.stop();
  }

  /** A job was begun, or has ended in whatever way. */
  moved(): void {
    this.events++;
  }

  get isStalled(): boolean {
    return this.stuckSinceMs !== undefined && this.now() - this.stuckSinceMs > this.stallMs;
  }

  /** Called every five seconds once it has started, or as often as `stallMs` when that is shorter. */
  async look(): Promise<void> {
    // Without an answer from Redis nothing can move, and a restart would not help.
    const waiting = await this.producer.waitingJobs().catch(() => 0);
    const hasMoved = this.events !== this.eventsSeen;
    this.eventsSeen = this.events;
    if (waiting === 0 || hasMoved) this.stuckSinceMs = undefined;
    else this.stuckSinceMs ??= this.now();
    if (this.isStalled && !this.isTold) this.logger.error({ waiting, stall_ms: this.stallMs }, 'work waits and nothing moves: not alive any more');
    this.isTold = this.isStalled;
  }
}
