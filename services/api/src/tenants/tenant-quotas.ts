import type { ActiveKeys, TenantLimits } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { StorageQuota } from './storage-quota';
import { RateLimit } from './rate-limit';
import { ConcurrencyLimiter } from '../concurrency/concurrency-limiter';

/** The limits that each tenant is held to. */
export interface TenantQuotas {
  rateLimit: RateLimit;
  /** Concurrent uploads. */
  uploadLimiter: ConcurrencyLimiter;
  /** Repeated uploads, which are read only to compare them with the first and do not count as uploads. */
  repeatLimiter: ConcurrencyLimiter;
  /** Concurrent event streams. */
  streamLimiter: ConcurrencyLimiter;
  storage: StorageQuota;
}

export interface TenantQuotasDeps {
  store: ObjectStore;
  redis: Redis;
  keys: ActiveKeys;
  /** Limits of tenants for which the keys file sets none. */
  defaults: Required<TenantLimits>;
}

export function createTenantQuotas({ store, redis, keys, defaults }: TenantQuotasDeps): TenantQuotas {
  const limit = (name: keyof TenantLimits) => (tenant: string) => keys.limitsOf(tenant)[name] ?? defaults[name];
  return {
    rateLimit: new RateLimit(redis, limit('units_per_minute')),
    uploadLimiter: new ConcurrencyLimiter('uploads', limit('concurrent_uploads')),
    repeatLimiter: new ConcurrencyLimiter('repeated uploads', limit('concurrent_uploads')),
    streamLimiter: new ConcurrencyLimiter('event streams', limit('event_streams')),
    storage: new StorageQuota({ store, redis, quotaOf: limit('stored_bytes') }),
  };
}
