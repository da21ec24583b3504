import { REDIS_PREFIX, orUnavailable } from '@cytoqueue/queue';
import { ObjectKeys, type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { Problem } from '../http/problem';

/** After so long a count is made anew, so that no error in it lasts. */
const RECOUNT_MS = 24 * 60 * 60_000;

export interface StoredBytesServices {
  store: ObjectStore;
  redis: Redis;
  /** In bytes. */
  quotaOf: (tenant: string) => number;
}

/**
 * How many bytes of uploaded files each tenant keeps. Counted in Redis as they come and go; when Redis does not know, once
 * from a listing of the tenant's batches. Looked at when an upload begins and when it has ended: uploads that end in the
 * same moment may exceed the quota together.
 */
export class StoredBytes {
  private readonly counting = new Map<string, Promise<number>>();

  constructor(private readonly services: StoredBytesServices) {}

  /** Bytes that an upload may still have. @throws Problem 413 when it may have none, or not so many; QueueUnavailableError */
  async checkRoom(tenant: string, bytes = 1): Promise<number> {
    const quota = this.services.quotaOf(tenant);
    const used = await this.used(tenant);
    if (used + bytes > quota) throw noRoom(used, quota);
    return quota - used;
  }

  /** Bytes that were stored, or, when negative, deleted. An error mends itself with the next count. */
  async add(tenant: string, bytes: number): Promise<void> {
    const { redis } = this.services;
    await redis.incrby(countKey(tenant), bytes).then(() => redis.pexpire(countKey(tenant), RECOUNT_MS, 'NX')).catch(() => undefined);
  }

  /** Somebody removed we do not know how much. */
  async forget(tenant: string): Promise<void> {
    await this.services.redis.del(countKey(tenant)).catch(() => undefined);
  }

  private async used(tenant: string): Promise<number> {
    const known = await orUnavailable(this.services.redis.get(countKey(tenant)));
    if (known !== null) return Number(known);
    const counting = this.counting.get(tenant) ?? this.count(tenant).finally(() => this.counting.delete(tenant));
    this.counting.set(tenant, counting);
    return counting;
  }

  private async count(tenant: string): Promise<number> {
    const { store, redis } = this.services;
    let bytes = 0;
    for await (const { key, size } of listAll(store, ObjectKeys.batchesPrefix(tenant))) if (key.endsWith('/input.csv')) bytes += size;
    await orUnavailable(redis.set(countKey(tenant), bytes, 'PX', RECOUNT_MS));
    return bytes;
  }
}

function noRoom(used: number, quota: number): Problem {
  return new Problem('quota-exceeded', `This tenant keeps ${used} of the ${quota} bytes of uploads it may keep; delete batches to make room.`);
}

function countKey(tenant: string): string {
  return `${REDIS_PREFIX}:stored-bytes:${tenant}`;
}
