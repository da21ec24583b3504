import { REDIS_PREFIX, asQueueUnavailable } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { Problem } from '../http/problem';

/** After so long the sizes are read from the store again, so that no error in them lasts. */
const RECOUNT_INTERVAL_MS = 24 * 60 * 60_000;
const CHANGES_TTL_MS = 60 * 60_000;
/** How often a count is repeated because something changed while the store was listed. */
const MAX_COUNTS = 5;
const FIELDS_PER_CALL = 1_000;

export interface StorageQuotaDeps {
  store: ObjectStore;
  redis: Redis;
  /** In bytes. */
  quotaOf: (tenant: string) => number;
}

/*
 * Redis holds the sizes of every batch's input and of every review as fields of one hash, and their sum in the field `total`. A field is set or
 * removed together with its share of the sum, so repeating either changes nothing and the sum is never negative. A hash
 * without `total` is not loaded: it is left alone, and the change is counted so that a listing that missed it is repeated.
 */
const COUNT_CHANGE_SCRIPT = `redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${CHANGES_TTL_MS})
local total = redis.call('HGET', KEYS[1], 'total')
local size = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)`;

/** ARGV: batch id, bytes, quota. Returns the bytes used before when they would exceed the quota, -1 when unknown, else nothing. */
const RESERVE_SCRIPT = `${COUNT_CHANGE_SCRIPT}
if not total then return -1 end
local used = tonumber(total) - size
if used + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return used end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'total', string.format('%.0f', used + tonumber(ARGV[2])))
return nil`;

const RELEASE_SCRIPT = `${COUNT_CHANGE_SCRIPT}
if not total or size == 0 then return end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], 'total', string.format('%.0f', tonumber(total) - size))`;

/** KEYS: hash, changes, new hash. ARGV: the changes before the listing, whether to accept others. Returns 1 when it was taken. */
const ADOPT_SCRIPT = `if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[1] and ARGV[2] ~= '1' then
  redis.call('DEL', KEYS[3])
  return 0
end
redis.call('RENAME', KEYS[3], KEYS[1])
redis.call('PEXPIRE', KEYS[1], ${RECOUNT_INTERVAL_MS})
return 1`;

const INVALIDATE_SCRIPT = `redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${CHANGES_TTL_MS})
redis.call('DEL', KEYS[1])`;

/** How many bytes of uploaded files and reviews each tenant keeps, in Redis; read from a listing when Redis does not know. */
export class StorageQuota {
  private readonly countsInProgress = new Map<string, Promise<number>>();
  /** Tenants of which a change could not be counted: they are counted again. */
  private readonly uncertainTenants = new Set<string>();

  constructor(private readonly deps: StorageQuotaDeps) {}

  /** Bytes that an upload may still have. @throws Problem 413 when it may have none, or not so many; QueueUnavailableError */
  async assertAvailable(tenant: string, bytes = 1): Promise<number> {
    const quota = this.deps.quotaOf(tenant);
    const used = await this.used(tenant);
    if (used + bytes > quota) throw quotaExceeded(used, quota);
    return quota - used;
  }

  /** Counts a batch's input or a review, once however often it is called. @throws Problem 413 when it does not fit; QueueUnavailableError */
  async reserve(tenant: string, id: string, bytes: number): Promise<void> {
    const quota = this.deps.quotaOf(tenant);
    await this.discardUncertain(tenant);
    for (;;) {
      const used = await asQueueUnavailable(
        this.deps.redis.eval(RESERVE_SCRIPT, 2, ...redisKeys(tenant), id, bytes, quota),
      );
      if (used === null) return;
      if (Number(used) >= 0) throw quotaExceeded(Number(used), quota);
      await this.used(tenant);
    }
  }

  /** It was removed. */
  async release(tenant: string, id: string): Promise<void> {
    await this.deps.redis
      .eval(RELEASE_SCRIPT, 2, ...redisKeys(tenant), id)
      .catch(() => this.uncertainTenants.add(tenant));
  }

  /** Inputs were removed, and it is not known which: the next question counts again. */
  async invalidate(tenant: string): Promise<void> {
    await this.deps.redis
      .eval(INVALIDATE_SCRIPT, 2, ...redisKeys(tenant))
      .catch(() => this.uncertainTenants.add(tenant));
  }

  private async discardUncertain(tenant: string): Promise<void> {
    if (!this.uncertainTenants.has(tenant)) return;
    await asQueueUnavailable(this.deps.redis.del(redisKeys(tenant)[0]));
    this.uncertainTenants.delete(tenant);
  }

  private async used(tenant: string): Promise<number> {
    await this.discardUncertain(tenant);
    const cached = await asQueueUnavailable(this.deps.redis.hget(redisKeys(tenant)[0], 'total'));
    if (cached !== null) return Number(cached);
    const countsInProgress =
      this.countsInProgress.get(tenant) ?? this.count(tenant).finally(() => this.countsInProgress.delete(tenant));
    this.countsInProgress.set(tenant, countsInProgress);
    return countsInProgress;
  }

  private async count(tenant: string): Promise<number> {
    const { redis } = this.deps;
    const [key, changes] = redisKeys(tenant);
    const temporaryKey = `${key}:${process.pid}-${Math.random().toString(36).slice(2)}`;
    for (let count = 1; ; count++) {
      const before = (await asQueueUnavailable(redis.get(changes))) ?? '0';
      const sizes = await this.listSizes(tenant);
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      await asQueueUnavailable(this.writeSizes(temporaryKey, sizes, total));
      const adopted = await asQueueUnavailable(
        redis.eval(ADOPT_SCRIPT, 3, key, changes, temporaryKey, before, count < MAX_COUNTS ? '0' : '1'),
      );
      if (adopted === 1) return total;
    }
  }

  private async listSizes(tenant: string): Promise<Map<string, number>> {
    const prefix = ObjectKeys.batchesFolder(tenant);
    const sizes = new Map<string, number>();
    // An input that cannot be read is not counted: it must not keep its tenant from uploading.
    const onUnreadable = () => undefined;
    for await (const { key, size } of listAll(this.deps.store, prefix, { onUnreadable })) {
      const [id = '', name] = key.slice(prefix.length).split('/');
      if (name === 'input.csv') sizes.set(id, size);
    }
    for await (const { key, size } of listAll(this.deps.store, ObjectKeys.reviewsFolder(tenant), { onUnreadable }))
      sizes.set(key.slice(key.lastIndexOf('/') + 1), size);
    return sizes;
  }

  private async writeSizes(key: string, sizes: Map<string, number>, total: number): Promise<void> {
    const fields = [...sizes].flat();
    const writing = this.deps.redis.multi().hset(key, 'total', total).pexpire(key, CHANGES_TTL_MS);
    for (let from = 0; from < fields.length; from += 2 * FIELDS_PER_CALL)
      writing.hset(key, ...fields.slice(from, from + 2 * FIELDS_PER_CALL));
    await writing.exec();
  }
}

function quotaExceeded(used: number, quota: number): Problem {
  return new Problem(
    'quota-exceeded',
    `This tenant keeps ${used} of the ${quota} bytes of uploads it may keep; delete batches to make room.`,
  );
}

/** Of the sizes and of the count of changes. Version 1 kept one number under another key, which expires by itself. */
function redisKeys(tenant: string): [sizes: string, changes: string] {
  const key = `${REDIS_PREFIX}:stored-inputs:${tenant}`;
  return [key, `${key}:changes`];
}
