import { idTimeMs } from '@cytoqueue/records';
import { Problem } from '../http/problem';

const DAY_MS = 86_400_000;

export interface RetentionDays {
  /** Of records and batches with their results. */
  resources: number;
  /** Of uploaded files; at most as long. */
  inputs: number;
}

/** How long resources stay. An id tells when its resource was made, so what has expired needs no memory of it. */
export class RetentionPolicy {
  constructor(readonly days: RetentionDays) {}

  /** Undefined for what is no id. */
  expiresAt(id: string): Date | undefined {
    const createdMs = createdAtMs(id);
    return createdMs === undefined ? undefined : new Date(createdMs + this.days.resources * DAY_MS);
  }

  isExpired(id: string, nowMs: number = Date.now()): boolean {
    return isOlder(id, this.days.resources, nowMs);
  }

  isInputExpired(id: string, nowMs: number = Date.now()): boolean {
    return isOlder(id, this.days.inputs, nowMs);
  }

  /** @throws Problem 410, whether there ever was such a resource or not */
  assertNotExpired(id: string): void {
    if (this.isExpired(id))
      throw new Problem('expired', `Records and batches are kept for ${this.days.resources} days.`);
  }

  /** For what needs the uploaded file once more. @throws Problem 410 */
  assertInputNotExpired(id: string): void {
    if (this.isInputExpired(id)) throw new Problem('expired', `Uploaded files are kept for ${this.days.inputs} days.`);
  }
}

function createdAtMs(id: string): number | undefined {
  return id.startsWith('pred_') ? idTimeMs('pred_', id) : idTimeMs('batch_', id);
}

function isOlder(id: string, days: number, nowMs: number): boolean {
  const createdMs = createdAtMs(id);
  return createdMs !== undefined && createdMs + days * DAY_MS <= nowMs;
}
