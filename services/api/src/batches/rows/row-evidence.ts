import { type ChangeSubscriber, type JobProducer, jobIds } from '@cytoqueue/queue';
import {
  type DamageReport,
  ObjectKeys,
  type RowEvidenceDocument,
  findDocument,
  rowEvidenceShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';
import { waitForResult } from '../../predictions/wait';
import type { RetentionPolicy } from '../../tenants/retention-policy';
import type { TenantQuotas } from '../../tenants/tenant-quotas';

export interface RowEvidenceDeps {
  store: ObjectStore;
  producer: JobProducer;
  notifications: ChangeSubscriber;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'assertInputNotExpired'>;
  quotas: Pick<TenantQuotas, 'rateLimit'>;
}

/** Rate units of a computation, as of a record that is sent. */
const COMPUTATION_UNITS = 5;

/**
 * Returns the stored evidence of a scored row, or has a worker compute it and waits.
 * @returns undefined when it is not there in time
 * @throws Problem 410 when the uploaded file has expired, QueueUnavailableError
 */
export async function explainRow(
  deps: RowEvidenceDeps,
  { tenant, batchId, row }: { tenant: string; batchId: string; row: number },
  waiting: { timeoutMs: number; isAbandoned: () => boolean },
): Promise<RowEvidenceDocument | undefined> {
  const key = ObjectKeys.rowEvidence(tenant, batchId, row);
  const stored = await readEvidence(deps, key);
  if (stored !== undefined) return stored;
  deps.retention.assertInputNotExpired(batchId);
  deps.quotas.rateLimit.addCost(tenant, COMPUTATION_UNITS);
  await deps.producer.enqueueRowEvidence({ tenant, batchId, row });
  const id = jobIds.rowEvidence(batchId, row);
  return waitForResult({ id, notifications: deps.notifications, read: () => readEvidence(deps, key), ...waiting });
}

/** Removes a damaged document: the evidence can be computed again. */
async function readEvidence({ store, damage }: RowEvidenceDeps, key: string): Promise<RowEvidenceDocument | undefined> {
  try {
    return await findDocument(store, key, rowEvidenceShape);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    damage.report(key, error);
    await store.delete(key);
    return undefined;
  }
}
