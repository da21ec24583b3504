import type { ActiveKeys, TenantLimits } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { StorageQuota } from './storage-quota';
import { RateLimit } from './rate-limit';
import { ConcurrencyLimiter } from '../http/concurrency-limiter';

/** The limits that each tenant is held to. */
export interface TenantQuotas {
  rateLimit: RateLimit;
  /** Concurrent uploads. */
  uploads: ConcurrencyLimiter;
  /** Repeated uploads, which are read only to compare them with the first and do not count as uploads. */
  repeats: ConcurrencyLimiter;
  /** Concurrent event streams. */
  streams: ConcurrencyLimiter;
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
    uploads: new ConcurrencyLimiter('uploads', limit('concurrent_uploads')),
    repeats: new ConcurrencyLimiter('repeated uploads', limit('concurrent_uploads')),
    streams: new ConcurrencyLimiter('event streams', limit('event_streams')),
    storage: new StorageQuota({ store, redis, quotaOf: limit('stored_bytes') }),
  };
}
