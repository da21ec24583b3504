import { setTimeout as sleep } from 'node:timers/promises';
import { PostponedError } from '@cytoqueue/queue';

/** Suspects are delivered together. Before one of them can kill again, the others must have been put off, in Redis. */
const PUT_OFF_MS = 250;
/** With some spread, so that two suspects do not meet again and again. */
const comeAgainMs = (): number => 1_000 + Math.random() * 1_000;

/**
 * Scores suspects alone. A job that was in hand when its worker died may have been what killed it, or may just have lain
 * beside that; with no other in hand when it kills again, a shard that kills every worker uses up its own deliveries only.
 */
export class Quarantine {
  private inHand = 0;
  private suspectInHand = false;
  private waiting: (() => void)[] = [];

  /** @throws PostponedError for a second suspect: it must not even wait beside the first */
  async run(isSuspect: boolean, work: () => Promise<void>): Promise<void> {
    if (isSuspect) await this.runAlone(work);
    else await this.runBesideOthers(work);
  }

  private async runAlone(work: () => Promise<void>): Promise<void> {
    if (this.suspectInHand) throw new PostponedError(comeAgainMs());
    this.suspectInHand = true;
    try {
      while (this.inHand > 0) await this.change();
      await sleep(PUT_OFF_MS);
      await work();
    } finally {
      this.suspectInHand = false;
      this.wake();
    }
  }

  private async runBesideOthers(work: () => Promise<void>): Promise<void> {
    while (this.suspectInHand) await this.change();
    this.inHand++;
    try {
      await work();
    } finally {
      this.inHand--;
      this.wake();
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
