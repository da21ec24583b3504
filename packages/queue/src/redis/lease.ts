import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

/** Acquires a lease that expires after `ms`: one caller gets true, the others false. If Redis loses the key, a second caller may get it. */
export async function tryAcquireLease(redis: Redis, name: string, ms: number): Promise<boolean> {
  return (await redis.set(`${REDIS_PREFIX}:turn:${name}`, '1', 'PX', ms, 'NX')) === 'OK';
}
