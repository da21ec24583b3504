import { idTimeMs } from '@cytoqueue/records';
import { Problem } from '../http/problem';

const DAY_MS = 86_400_000;

export interface RetentionDays {
  /** Records, batches and trainings with their results. */
  resources: number;
  /** Uploaded files; at most as long as `resources`. */
  inputs: number;
  /** Confirmed diagnoses. */
  confirmations: number;
}

/** Decides when resources expire. Ids contain their time of creation, so no state of expired resources is needed. */
export class RetentionPolicy {
  constructor(readonly days: RetentionDays) {}

  /** @returns undefined when the text is not an id */
  expiresAt(id: string): Date | undefined {
    const createdMs = createdAtMs(id);
    return createdMs === undefined ? undefined : new Date(createdMs + this.daysOf(id) * DAY_MS);
  }

  isExpired(id: string, nowMs: number = Date.now()): boolean {
    return isOlder(id, this.daysOf(id), nowMs);
  }

  isInputExpired(id: string, nowMs: number = Date.now()): boolean {
    return isOlder(id, this.days.inputs, nowMs);
  }

  /** @throws Problem 410 by the age of the id, whether the resource existed or not */
  assertNotExpired(id: string): void {
    if (!this.isExpired(id)) return;
    const noun = isConfirmation(id) ? 'Confirmed diagnoses' : 'Records, batches and trainings';
    throw new Problem('expired', `${noun} are deleted after ${this.daysOf(id)} days.`);
  }

  private daysOf(id: string): number {
    return isConfirmation(id) ? this.days.confirmations : this.days.resources;
  }

  /** For operations that read the uploaded file again. @throws Problem 410 */
  assertInputNotExpired(id: string): void {
    if (this.isInputExpired(id))
      throw new Problem('expired', `Uploaded files are deleted after ${this.days.inputs} days. Upload the file again.`);
  }
}

function isConfirmation(id: string): boolean {
  return idTimeMs('conf_', id) !== undefined;
}

function createdAtMs(id: string): number | undefined {
  const prefix = (['pred_', 'conf_', 'training_'] as const).find((one) => id.startsWith(one)) ?? 'batch_';
  return idTimeMs(prefix, id);
}

function isOlder(id: string, days: number, nowMs: number): boolean {
  const createdMs = createdAtMs(id);
  return createdMs !== undefined && createdMs + days * DAY_MS <= nowMs;
}
