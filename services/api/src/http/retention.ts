import { idTimeMs } from '@cytoqueue/storage';
import { Problem } from './problem';

const DAY_MS = 86_400_000;

/** How long resources stay. An id tells when its resource was made, so what has expired needs no memory of it. */
export class Retention {
  constructor(private readonly days: number) {}

  /** Undefined for what is no id. */
  expiresAt(id: string): Date | undefined {
    const madeMs = id.startsWith('pred_') ? idTimeMs('pred_', id) : idTimeMs('batch_', id);
    return madeMs === undefined ? undefined : new Date(madeMs + this.days * DAY_MS);
  }

  isExpired(id: string, nowMs: number = Date.now()): boolean {
    const expiresAt = this.expiresAt(id);
    return expiresAt !== undefined && expiresAt.getTime() <= nowMs;
  }

  /** @throws Problem 410, whether there ever was such a resource or not */
  check(id: string): void {
    if (this.isExpired(id)) throw new Problem('expired', `Records and batches are kept for ${this.days} days.`);
  }
}
