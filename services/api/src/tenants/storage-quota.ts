import { REDIS_PREFIX, asQueueUnavailable } from '@cytoqueue/queue';
import { ConfirmationKeys, ObjectKeys, TrainingKeys } from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { Problem } from '../http/problem';

/** After this time the sizes are counted from the store again, which corrects any error. */
const RECOUNT_INTERVAL_MS = 24 * 60 * 60_000;
const CHANGES_TTL_MS = 60 * 60_000;
/** Maximum number of counts; a change during the listing repeats it. */
const MAX_COUNTS = 5;
const FIELDS_PER_CALL = 1_000;

/** Hash field for confirmations that a listing found; later ones have a field per request. */
const CONFIRMATIONS_FIELD = 'confirmations';
/**
 * Hash field for own models that a listing found: workers add versions, so their bytes count from the next listing on.
 */
const MODELS_FIELD = 'own-models';

export interface StorageQuotaDeps {
  store: ObjectStore;
  redis: Redis;
  /** @returns bytes */
  quotaOf: (tenant: string) => number;
}

/*
 * Redis holds a hash with the sizes of the input of every batch and training, every review and the entries of every
 * request that confirmed diagnoses, and their sum in the field `total`. A field and the sum change together, so
 * repeating a change has no effect and the sum is never negative. A hash without a valid `total` counts as not loaded:
 * a change leaves it as it is, but increments the number of changes, so that a concurrent listing that missed the
 * change is repeated.
 */
const SCRIPT_PRELUDE = `redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${CHANGES_TTL_MS})
local total = tonumber(redis.call('HGET', KEYS[1], 'total') or '')
if total and not (total >= 0 and total < math.huge) then total = nil end
local size = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '') or 0`;

/**
 * ARGV: field (id of a batch, training, review or confirmation), bytes, quota. Returns nil when reserved, the bytes in
 * use when the quota is exceeded, -1 if not loaded.
 */
const RESERVE_SCRIPT = `${SCRIPT_PRELUDE}
if not total then return -1 end
local used = total - size
if used + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return used end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'total', string.format('%.0f', used + tonumber(ARGV[2])))
return nil`;

const RELEASE_SCRIPT = `${SCRIPT_PRELUDE}
if not total or size == 0 then return end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], 'total', string.format('%.0f', total - size))`;

/**
 * KEYS: hash, changes, new hash. ARGV: changes before the listing, whether to ignore later ones. Returns 1 if adopted.
 */
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

/**
 * Tracks the bytes of each tenant's uploaded files, reviews, confirmed diagnoses and own models in Redis; counts them
 * from a listing when Redis has lost them.
 */
export class StorageQuota {
  private readonly countsInProgress = new Map<string, Promise<number>>();
  /** Tenants with a change that Redis did not record; their bytes are counted again. */
  private readonly uncertainTenants = new Set<string>();

  constructor(private readonly deps: StorageQuotaDeps) {}

  /** @returns the bytes left for uploads @throws Problem 413 when fewer than `bytes` are left; QueueUnavailableError */
  async assertAvailable(tenant: string, bytes = 1): Promise<number> {
    const quota = this.deps.quotaOf(tenant);
    const used = await this.used(tenant);
    if (used + bytes > quota) throw quotaExceeded(quota - used);
    return quota - used;
  }

  /**
   * Adds the input of a batch or training, or a review, to the count; idempotent.
   * @throws Problem 413 when it exceeds the quota; QueueUnavailableError
   */
  async reserve(tenant: string, id: string, bytes: number): Promise<void> {
    const quota = this.deps.quotaOf(tenant);
    await this.discardUncertain(tenant);
    for (;;) {
      const used = await asQueueUnavailable(
        this.deps.redis.eval(RESERVE_SCRIPT, 2, ...redisKeys(tenant), id, bytes, quota),
      );
      if (used === null) return;
      if (Number(used) >= 0) throw quotaExceeded(quota - Number(used));
      await this.used(tenant);
    }
  }

  /** Call after the batch, training or review was removed. */
  async release(tenant: string, id: string): Promise<void> {
    await this.deps.redis
      .eval(RELEASE_SCRIPT, 2, ...redisKeys(tenant), id)
      .catch(() => this.uncertainTenants.add(tenant));
  }

  /** Call after an unknown number of objects was removed: the next call counts the bytes again. */
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
    if (cached !== null && /^\d+$/.test(cached)) return Number(cached);
    const counting =
      this.countsInProgress.get(tenant) ?? this.count(tenant).finally(() => this.countsInProgress.delete(tenant));
    this.countsInProgress.set(tenant, counting);
    return counting;
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
    const sizes = new Map<string, number>();
    // An unreadable input is not counted, so that it does not block its tenant's uploads.
    const onUnreadable = () => undefined;
    const inputs: [folder: string, names: string[]][] = [
      [ObjectKeys.batchesFolder(tenant), ['input.csv', 'canonical.csv']],
      [TrainingKeys.tenantFolder(tenant), ['input', 'rows']],
    ];
    for (const [folder, names] of inputs) {
      for await (const { key, size } of listAll(this.deps.store, folder, { onUnreadable })) {
        const [id = '', name = ''] = key.slice(folder.length).split('/');
        if (names.includes(name)) sizes.set(id, (sizes.get(id) ?? 0) + size);
      }
    }
    for await (const { key, size } of listAll(this.deps.store, ObjectKeys.reviewsFolder(tenant), { onUnreadable }))
      sizes.set(key.slice(key.lastIndexOf('/') + 1), size);
    let confirmed = 0;
    for await (const { size } of listAll(this.deps.store, ConfirmationKeys.entriesFolder(tenant), { onUnreadable }))
      confirmed += size;
    if (confirmed > 0) sizes.set(CONFIRMATIONS_FIELD, confirmed);
    let models = 0;
    for await (const { size } of listAll(this.deps.store, ObjectKeys.ownModelsFolder(tenant), { onUnreadable }))
      models += size;
    if (models > 0) sizes.set(MODELS_FIELD, models);
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

export function quotaExceeded(remainingBytes: number): Problem {
  return new Problem(
    'quota-exceeded',
    `This tenant's storage quota has ${Math.max(0, remainingBytes)} bytes left for uploads, reviews, confirmed diagnoses and own models. Delete batches, trainings or versions to free space.`,
  );
}

/** The keys of the sizes and of the change counter. */
function redisKeys(tenant: string): [sizes: string, changes: string] {
  const key = `${REDIS_PREFIX}:stored-inputs:${tenant}`;
  return [key, `${key}:changes`];
}
