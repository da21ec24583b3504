import type { BatchProgress, JobProducer } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { BatchOptions, DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Background } from '../http/background';
import type { IdempotencyKeys } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import type { ApiMetrics } from '../operations/api-metrics';
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
  metrics: Pick<ApiMetrics, 'uploaded'>;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'isExpired'>;
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
  idempotencyKey: string | undefined;
}
