import type { Logger } from 'pino';

export interface PeriodicTaskOptions {
  /** Time between the end of one run and the start of the next. */
  intervalMs: number;
  /** Runs never overlap. @param stopping is aborted when the task is stopped, so that a long run can end early */
  run: (stopping: AbortSignal) => Promise<void>;
  logger: Pick<Logger, 'warn'>;
  name: string;
}

/** Runs a task at intervals. A failed run is logged and the next one starts as usual. */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: PeriodicTaskOptions) {}

  /** The first run starts at once. */
  start(): void {
    if (this.running === undefined && !this.stopping.signal.aborted) this.runOnce();
  }

  /** Waits for the running task. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private runOnce(): void {
    const { intervalMs, run, logger, name } = this.options;
    const { signal } = this.stopping;
    this.running = run(signal)
      .catch((error: unknown) => logger.warn({ err: error, periodic: name }, 'periodic task failed'))
      .then(() => {
        if (!signal.aborted) this.timer = setTimeout(() => this.runOnce(), intervalMs);
      });
  }
}
