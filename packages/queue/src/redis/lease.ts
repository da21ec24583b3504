import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

/**
 * KEYS[1]: the lease. ARGV: its holder and ms. A lease expires within its time, so a key of another type, without expiry or with a
 * far longer one (Redis's clock was set back) is no lease. Such a key would stop the guarded work for good.
 */
const ACQUIRE_SCRIPT = `
local found = redis.call('TYPE', KEYS[1]).ok
local leftMs = redis.call('PTTL', KEYS[1])
if found ~= 'none' and (found ~= 'string' or leftMs < 0 or leftMs > 2 * ARGV[2]) then redis.call('UNLINK', KEYS[1]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') and 1 or 0`;

export function leaseKey(name: string): string {
  return `${REDIS_PREFIX}:turn:${name}`;
}

/** Acquires a lease for a holder unless another one has it. */
export async function acquireLease(redis: Redis, name: string, holder: string, ms: number): Promise<boolean> {
  return (await redis.eval(ACQUIRE_SCRIPT, 1, leaseKey(name), holder, ms)) === 1;
}

/** Acquires a lease that expires after `ms`: one caller gets true, the others false. If Redis loses the key, a second caller may get it. */
export function tryAcquireLease(redis: Redis, name: string, ms: number): Promise<boolean> {
  return acquireLease(redis, name, '1', ms);
}
