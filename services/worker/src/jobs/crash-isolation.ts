import { setTimeout as sleep } from 'node:timers/promises';
import { PostponeError } from '@cytoqueue/queue';

/** Wait until the other redelivered jobs are delayed in Redis: the one that runs may crash this process. */
const DELAY_SETTLE_MS = 250;
/** Random, so that two redelivered jobs do not keep meeting. */
const postponeDelayMs = (): number => 1_000 + Math.random() * 1_000;

/**
 * Runs a redelivered job alone (a writer lock; other jobs are readers). A job that was active when its worker crashed
 * may have caused the crash. No other redelivered job is active beside it, so another shard loses at most one delivery
 * to a shard that crashes every worker.
 */
export class CrashIsolation {
  private activeCount = 0;
  private isRunningAlone = false;
  private waiting: (() => void)[] = [];

  /** @throws PostponeError for a second redelivered job: it must not be active beside the first, not even waiting */
  async run(isRedelivered: boolean, work: () => Promise<void>): Promise<void> {
    if (isRedelivered) await this.runAlone(work);
    else await this.runShared(work);
  }

  private async runAlone(work: () => Promise<void>): Promise<void> {
    if (this.isRunningAlone) throw new PostponeError('crash-isolation', postponeDelayMs());
    this.isRunningAlone = true;
    try {
      while (this.activeCount > 0) await this.untilChange();
      await sleep(DELAY_SETTLE_MS);
      await work();
    } finally {
      this.isRunningAlone = false;
      this.notifyChange();
    }
  }

  private async runShared(work: () => Promise<void>): Promise<void> {
    while (this.isRunningAlone) await this.untilChange();
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
