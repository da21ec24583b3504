import { setTimeout as sleep } from 'node:timers/promises';
import { RetryLaterError } from '@cytoqueue/queue';

/** Suspects are delivered together. Before one of them can kill again, the others must have been put off, in Redis. */
const DELAY_SETTLE_MS = 250;
/** With some spread, so that two suspects do not meet again and again. */
const retryDelayMs = (): number => 1_000 + Math.random() * 1_000;

/**
 * Scores suspects alone. A job that was in hand when its worker died may have been what killed it, or may just have lain
 * beside that; with no other in hand when it kills again, a shard that kills every worker uses up its own deliveries only.
 */
export class CrashIsolation {
  private activeCount = 0;
  private isRedeliveredActive = false;
  private waiting: (() => void)[] = [];

  /** @throws PostponedError for a second suspect: it must not even wait beside the first */
  async run(isRedelivered: boolean, work: () => Promise<void>): Promise<void> {
    if (isRedelivered) await this.runAlone(work);
    else await this.runShared(work);
  }

  private async runAlone(work: () => Promise<void>): Promise<void> {
    if (this.isRedeliveredActive) throw new RetryLaterError(retryDelayMs());
    this.isRedeliveredActive = true;
    try {
      while (this.activeCount > 0) await this.untilChange();
      await sleep(DELAY_SETTLE_MS);
      await work();
    } finally {
      this.isRedeliveredActive = false;
      this.notifyChange();
    }
  }

  private async runShared(work: () => Promise<void>): Promise<void> {
    while (this.isRedeliveredActive) await this.untilChange();
    this.activeCount++;
    try {
      await work();
    } finally {
      this.activeCount--;
      this.notifyChange();
    }
  }

  private untilChange(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private notifyChange(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
