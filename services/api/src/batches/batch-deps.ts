import type { BatchProgress, JobProducer } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { BatchOptions, DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Semaphore } from '../concurrency/semaphore';
import type { Background } from '../concurrency/background';
import type { IdempotencyKeys } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import type { ApiMetrics } from '../operations/api-metrics';
import type { RequestedModel, SettingsReader } from '../settings/settings-reader';
import type { UploadLimits } from './upload-inspector';

export interface BatchDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  progress: BatchProgress;
  limits: UploadLimits;
  idempotency: IdempotencyKeys;
  background: Background;
  quotas: TenantQuotas;
  /** Limits the imports of uploads that are not plain files. */
  importSemaphore: Semaphore;
  metrics: Pick<ApiMetrics, 'uploaded'>;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'isExpired'>;
  tenantSettings: SettingsReader;
}

/** How the sender wants the file to be read. */
export interface ImportParameters {
  profile?: string;
  sheet?: string;
  charset?: string;
  on_warning: 'continue' | 'abort';
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
  /**
   * As requested, without the tenant's settings, so that a repeat after they changed still returns the first batch.
   */
  requestedModel: RequestedModel;
  importParameters: ImportParameters;
  idempotencyKey: string | undefined;
}
