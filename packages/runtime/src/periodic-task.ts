import type { Logger } from 'pino';

export interface PeriodicTaskOptions {
  /** From the end of one turn to the start of the next, in milliseconds. */
  intervalMs: number;
  /** One turn; it is not started again before it has ended. */
  run: () => Promise<void>;
  logger: Pick<Logger, 'warn'>;
  name: string;
}

/** Does something again and again. A turn that fails is logged, and the next one comes all the same. */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: PeriodicTaskOptions) {}

  /** The first turn begins at once. */
  start(): void {
    if (this.running === undefined && !this.stopped) this.runOnce();
  }

  /** Waits for a turn that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private runOnce(): void {
    const { intervalMs, run, logger, name } = this.options;
    this.running = run()
      .catch((error: unknown) => logger.warn({ err: error, periodic: name }, 'turn failed'))
      .then(() => {
        if (!this.stopped) this.timer = setTimeout(() => this.runOnce(), intervalMs);
      });
  }
}
