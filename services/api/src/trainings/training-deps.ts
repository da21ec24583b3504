import type { JobProducer } from '@cytoqueue/queue';
import type { DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { UploadLimits } from '../batches/upload-inspector';
import type { Background } from '../concurrency/background';
import type { Semaphore } from '../concurrency/semaphore';
import type { IdempotencyKeys } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { TenantQuotas } from '../tenants/tenant-quotas';

export interface TrainingDeps {
  store: ObjectStore;
  producer: JobProducer;
  limits: UploadLimits;
  idempotency: IdempotencyKeys;
  background: Background;
  quotas: TenantQuotas;
  /** Limits the imports of uploads that are not plain files. */
  importSemaphore: Semaphore;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'isExpired'>;
}
