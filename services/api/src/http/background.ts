import type { Logger } from '@cytoqueue/runtime';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

export interface BackgroundOptions {
  /** When to leave the work to another mechanism; never by default. */
  giveUpAfterMs?: number;
}

/** Work that must be done whatever becomes of its request: repeated until it succeeds, while the process lives. */
export class Background {
  constructor(
    private readonly logger: Logger,
    private readonly firstDelayMs: number = FIRST_DELAY_MS,
  ) {}

  /** Resolves after the first attempt, also when that failed and others follow. Never rejects. */
  async run(name: string, work: () => Promise<unknown>, options: BackgroundOptions = {}): Promise<void> {
    await this.attempt(name, work, performance.now() + (options.giveUpAfterMs ?? Infinity), this.firstDelayMs);
  }

  private async attempt(name: string, work: () => Promise<unknown>, endsAtMs: number, delayMs: number): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isLast = performance.now() + delayMs > endsAtMs;
      this.logger.warn({ err: error, work: name, again: !isLast }, 'background work failed');
      if (isLast) return;
      setTimeout(() => void this.attempt(name, work, endsAtMs, Math.min(2 * delayMs, MAX_DELAY_MS)), delayMs).unref();
    }
  }
}
