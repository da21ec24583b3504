import type { Logger } from '@cytoqueue/runtime';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** Limit for enqueuing accepted work: after this time the reconciler has found the pending marker and enqueues it. */
export const ENQUEUE_RETRY_MS = 90_000;

export interface BackgroundOptions {
  /** After this time another mechanism must do the work; unlimited by default. */
  giveUpAfterMs?: number;
}

/** Runs work that must succeed even after its request has ended: retries with back-off while the process runs. */
export class Background {
  constructor(
    private readonly logger: Logger,
    private readonly firstDelayMs: number = FIRST_DELAY_MS,
  ) {}

  /** Resolves after the first attempt, even if it failed and retries follow. Never rejects. */
  async tryNowThenRetry(name: string, work: () => Promise<unknown>, options: BackgroundOptions = {}): Promise<void> {
    await this.attempt(name, work, performance.now() + (options.giveUpAfterMs ?? Infinity), this.firstDelayMs);
  }

  private async attempt(name: string, work: () => Promise<unknown>, endsAtMs: number, delayMs: number): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isLast = performance.now() + delayMs > endsAtMs;
      this.logger.warn({ err: error, work: name, retries: !isLast }, 'background work failed');
      if (isLast) return;
      setTimeout(() => void this.attempt(name, work, endsAtMs, Math.min(2 * delayMs, MAX_DELAY_MS)), delayMs).unref();
    }
  }
}
