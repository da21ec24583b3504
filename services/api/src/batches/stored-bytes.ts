import { REDIS_PREFIX, orUnavailable } from '@cytoqueue/queue';
import { ObjectKeys, type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { Problem } from '../http/problem';

/** After so long the sizes are read from the store again, so that no error in them lasts. */
const RECOUNT_MS = 24 * 60 * 60_000;
const CHANGES_KEPT_MS = 60 * 60_000;
/** How often a count is repeated because something changed while the store was listed. */
const MAX_COUNTS = 5;
const FIELDS_A_CALL = 1_000;

export interface StoredBytesServices {
  store: ObjectStore;
  redis: Redis;
  /** In bytes. */
  quotaOf: (tenant: string) => number;
}

/*
 * Redis holds the size of every batch's input as fields of one hash, and their sum in the field `total`. A field is set or
 * removed together with its share of the sum, so repeating either changes nothing and the sum is never negative. A hash
 * without `total` is not loaded: it is left alone, and the change is counted so that a listing that missed it is repeated.
 */
const COUNT_CHANGE = `redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${CHANGES_KEPT_MS})
local total = redis.call('HGET', KEYS[1], 'total')
local size = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)`;

/** ARGV: batch id, bytes, quota. Returns the bytes used before when they would exceed the quota, -1 when unknown, else nothing. */
const RESERVE = `${COUNT_CHANGE}
if not total then return -1 end
local used = tonumber(total) - size
if used + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return used end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'total', string.format('%.0f', used + tonumber(ARGV[2])))
return nil`;

const RELEASE = `${COUNT_CHANGE}
if not total or size == 0 then return end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], 'total', string.format('%.0f', tonumber(total) - size))`;

/** KEYS: hash, changes, new hash. ARGV: the changes before the listing, whether to accept others. Returns 1 when it was taken. */
const ADOPT = `if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[1] and ARGV[2] ~= '1' then
  redis.call('DEL', KEYS[3])
  return 0
end
redis.call('RENAME', KEYS[3], KEYS[1])
redis.call('PEXPIRE', KEYS[1], ${RECOUNT_MS})
return 1`;

const FORGET = `redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${CHANGES_KEPT_MS})
redis.call('DEL', KEYS[1])`;

/** How many bytes of uploaded files each tenant keeps, in Redis; read from a listing of the tenant's batches when Redis does not know. */
export class StoredBytes {
  private readonly counting = new Map<string, Promise<number>>();
  /** Tenants of which a change could not be counted: they are counted again. */
  private readonly doubtful = new Set<string>();

  constructor(private readonly services: StoredBytesServices) {}

  /** Bytes that an upload may still have. @throws Problem 413 when it may have none, or not so many; QueueUnavailableError */
  async checkRoom(tenant: string, bytes = 1): Promise<number> {
    const quota = this.services.quotaOf(tenant);
    const used = await this.used(tenant);
    if (used + bytes > quota) throw noRoom(used, quota);
    return quota - used;
  }

  /** Counts a batch's input, once however often it is called. @throws Problem 413 when it does not fit; QueueUnavailableError */
  async reserve(tenant: string, id: string, bytes: number): Promise<void> {
    const quota = this.services.quotaOf(tenant);
    await this.dropDoubtful(tenant);
    for (;;) {
      const used = await orUnavailable(this.services.redis.eval(RESERVE, 2, ...keysOf(tenant), id, bytes, quota));
      if (used === null) return;
      if (Number(used) >= 0) throw noRoom(Number(used), quota);
      await this.used(tenant);
    }
  }

  /** The batch's input was removed. */
  async release(tenant: string, id: string): Promise<void> {
    await this.services.redis.eval(RELEASE, 2, ...keysOf(tenant), id).catch(() => this.doubtful.add(tenant));
  }

  /** Inputs were removed, and it is not known which: the next question counts again. */
  async forget(tenant: string): Promise<void> {
    await this.services.redis.eval(FORGET, 2, ...keysOf(tenant)).catch(() => this.doubtful.add(tenant));
  }

  private async dropDoubtful(tenant: string): Promise<void> {
    if (!this.doubtful.has(tenant)) return;
    await orUnavailable(this.services.redis.del(keysOf(tenant)[0]));
    this.doubtful.delete(tenant);
  }

  private async used(tenant: string): Promise<number> {
    await this.dropDoubtful(tenant);
    const known = await orUnavailable(this.services.redis.hget(keysOf(tenant)[0], 'total'));
    if (known !== null) return Number(known);
    const counting = this.counting.get(tenant) ?? this.count(tenant).finally(() => this.counting.delete(tenant));
    this.counting.set(tenant, counting);
    return counting;
  }

  private async count(tenant: string): Promise<number> {
    const { redis } = this.services;
    const [key, changes] = keysOf(tenant);
    const fresh = `${key}:${process.pid}-${Math.random().toString(36).slice(2)}`;
    for (let count = 1; ; count++) {
      const before = (await orUnavailable(redis.get(changes))) ?? '0';
      const sizes = await this.list(tenant);
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      await orUnavailable(this.write(fresh, sizes, total));
      const adopted = await orUnavailable(redis.eval(ADOPT, 3, key, changes, fresh, before, count < MAX_COUNTS ? '0' : '1'));
      if (adopted === 1) return total;
    }
  }

  private async list(tenant: string): Promise<Map<string, number>> {
    const prefix = ObjectKeys.batchesPrefix(tenant);
    const sizes = new Map<string, number>();
    // An input that cannot be read is not counted: it must not keep its tenant from uploading.
    const onUnreadable = () => undefined;
    for await (const { key, size } of listAll(this.services.store, prefix, { onUnreadable })) {
      const [id = '', name] = key.slice(prefix.length).split('/');
      if (name === 'input.csv') sizes.set(id, size);
    }
    return sizes;
  }

  private async write(key: string, sizes: Map<string, number>, total: number): Promise<void> {
    const fields = [...sizes].flat();
    const writing = this.services.redis.multi().hset(key, 'total', total).pexpire(key, CHANGES_KEPT_MS);
    for (let from = 0; from < fields.length; from += 2 * FIELDS_A_CALL) writing.hset(key, ...fields.slice(from, from + 2 * FIELDS_A_CALL));
    await writing.exec();
  }
}

function noRoom(used: number, quota: number): Problem {
  return new Problem('quota-exceeded', `This tenant keeps ${used} of the ${quota} bytes of uploads it may keep; delete batches to make room.`);
}

/** Of the sizes and of the count of changes. Version 1 kept one number under another key, which expires by itself. */
function keysOf(tenant: string): [sizes: string, changes: string] {
  const key = `${REDIS_PREFIX}:stored-inputs:${tenant}`;
  return [key, `${key}:changes`];
}
