import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';

/** Whether it is this process's turn: of any number that ask within `ms`, one is told so. Losing Redis loses a turn, no more. */
export async function tryAcquireLease(redis: Redis, name: string, ms: number): Promise<boolean> {
  return (await redis.set(`${REDIS_PREFIX}:turn:${name}`, '1', 'PX', ms, 'NX')) === 'OK';
}
