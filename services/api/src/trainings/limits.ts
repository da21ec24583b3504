import { createId, TrainingKeys } from '@cytoqueue/records';
import { type ObjectStore, listFolders } from '@cytoqueue/storage';
import { Problem } from '../http/problem';

/** The time of an evaluation grows with the square of the rows. */
export const MAX_TRAINING_ROWS = 20_000;
/** A larger file has too many rows, or columns that no model uses; its import would take minutes of a core. */
export const MAX_TRAINING_BYTES = 256 * 1024 * 1024;
const MAX_TRAININGS_A_DAY = 20;
const DAY_MS = 86_400_000;

export function trainingLimit(code: string, detail: string): Problem {
  return new Problem('training-limit', detail, { errors: [{ code, detail }] });
}

/** @throws Problem 422 */
export async function assertBelowDailyLimit(store: ObjectStore, tenant: string, nowMs = Date.now()): Promise<void> {
  const folder = TrainingKeys.tenantFolder(tenant);
  let trainings = 0;
  for await (const _ of listFolders(store, folder, folder + createId('training_', nowMs - DAY_MS))) trainings++;
  if (trainings >= MAX_TRAININGS_A_DAY)
    throw trainingLimit(
      'too-many-trainings',
      `A tenant may start ${MAX_TRAININGS_A_DAY} trainings within 24 hours. Try again later.`,
    );
}
