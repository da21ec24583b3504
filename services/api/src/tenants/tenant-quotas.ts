import type { ActiveKeys, TenantLimits } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { StorageQuota } from './storage-quota';
import { RateLimit } from '../http/rate-limit';
import { ConcurrencyLimiter } from '../http/concurrency-limiter';

/** What tenants use of the service, each held to its limits. */
export interface TenantQuotas {
  rateLimit: RateLimit;
  /** Uploads being received. */
  uploads: ConcurrencyLimiter;
  /** Repeated uploads, read only to compare them with the first: they need no slot of their tenant's uploads. */
  replays: ConcurrencyLimiter;
  /** Event streams being sent. */
  streams: ConcurrencyLimiter;
  storage: StorageQuota;
}

export interface TenantQuotasDeps {
  store: ObjectStore;
  redis: Redis;
  keys: ActiveKeys;
  /** For tenants of which the keys file says nothing else. */
  defaults: Required<TenantLimits>;
}

export function createTenantQuotas({ store, redis, keys, defaults }: TenantQuotasDeps): TenantQuotas {
  const limit = (name: keyof TenantLimits) => (tenant: string) => keys.limitsOf(tenant)[name] ?? defaults[name];
  return {
    rateLimit: new RateLimit(redis, limit('units_per_minute')),
    uploads: new ConcurrencyLimiter('uploads', limit('concurrent_uploads')),
    replays: new ConcurrencyLimiter('repeated uploads', limit('concurrent_uploads')),
    streams: new ConcurrencyLimiter('event streams', limit('event_streams')),
    storage: new StorageQuota({ store, redis, quotaOf: limit('stored_bytes') }),
  };
}
