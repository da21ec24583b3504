import type { KeyRing, TenantLimits } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { StoredBytes } from '../batches/stored-bytes';
import { RateLimit } from './rate-limit';
import { Slots } from './slots';

/** What tenants use of the service, each held to its limits. */
export interface TenantUse {
  rate: RateLimit;
  /** Uploads being received. */
  uploads: Slots;
  /** Repeated uploads, read only to compare them with the first: they need no slot of their tenant's uploads. */
  replays: Slots;
  /** Event streams being sent. */
  streams: Slots;
  stored: StoredBytes;
}

export interface TenantUseServices {
  store: ObjectStore;
  redis: Redis;
  keys: KeyRing;
  /** For tenants of which the keys file says nothing else. */
  defaults: Required<TenantLimits>;
}

export function createTenantUse({ store, redis, keys, defaults }: TenantUseServices): TenantUse {
  const limit = (name: keyof TenantLimits) => (tenant: string) => keys.limitsOf(tenant)[name] ?? defaults[name];
  return {
    rate: new RateLimit(redis, limit('units_per_minute')),
    uploads: new Slots('uploads', limit('concurrent_uploads')),
    replays: new Slots('repeated uploads', limit('concurrent_uploads')),
    streams: new Slots('event streams', limit('event_streams')),
    stored: new StoredBytes({ store, redis, quotaOf: limit('stored_bytes') }),
  };
}
