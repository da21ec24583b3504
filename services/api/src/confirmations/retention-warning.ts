import { ConfirmationKeys } from '@cytoqueue/records';
import type { Config, Logger } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';

/** Histology and follow-up often come weeks after the cytology; two months cover nearly all of them. */
const LATE_DIAGNOSIS_DAYS = 60;

type Retention = Pick<Config, 'retentionDays' | 'confirmationRetentionDays'>;

/**
 * Warns an installation that confirms diagnoses when a prediction expires before a late diagnosis can be confirmed, or a confirmation
 * before its figures say much.
 */
export async function warnOfShortRetention(
  { retentionDays, confirmationRetentionDays }: Retention,
  store: ObjectStore,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const { prefixes } = await store.list({ prefix: ConfirmationKeys.folder, delimiter: '/', limit: 1 });
  if (prefixes.length === 0) return;
  if (retentionDays < LATE_DIAGNOSIS_DAYS)
    logger.warn(
      { retention_days: retentionDays },
      `RETENTION_DAYS=${retentionDays}: a diagnosis that comes later cannot be confirmed, because its prediction has expired; use ${LATE_DIAGNOSIS_DAYS} or more`,
    );
  if (confirmationRetentionDays < Math.max(retentionDays, LATE_DIAGNOSIS_DAYS))
    logger.warn(
      { confirmation_retention_days: confirmationRetentionDays },
      `CONFIRMATION_RETENTION_DAYS=${confirmationRetentionDays}: confirmed diagnoses leave the figures of /v1/performance early; use 365 or more`,
    );
}
