import type { Logger } from '@cytoqueue/runtime';
import {
  type BatchRecord, ObjectCorruptError, ObjectKeys, ObjectMismatchError, ObjectNotFoundError, type ObjectStore, SHARD_FORMAT, decodeShardObject,
} from '@cytoqueue/storage';
import type { WorkMetrics } from '../work-metrics';

export type StoredShard = ReturnType<typeof decodeShardObject>;

interface StoredShardServices {
  store: ObjectStore;
  metrics: Pick<WorkMetrics, 'checksumMismatch'>;
  logger: Pick<Logger, 'error'>;
}

export function shardKey(tenant: string, record: BatchRecord, shard: number): string {
  return ObjectKeys.shard(tenant, record.id, shard, modelRef(record));
}

/**
 * A damaged object is set aside, with an alarm: the shard is a function of input and model, and is scored again.
 * @param into memory for it
 * @returns undefined when the shard must be scored
 * @throws ObjectFormatError when a later release wrote it
 */
export async function readShardObject(
  services: StoredShardServices, tenant: string, record: BatchRecord, shard: number, into?: Buffer,
): Promise<StoredShard | undefined> {
  try {
    return await read(services.store, tenant, record, shard, into);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    return setAside(services, tenant, record, shard, error);
  }
}

/**
 * Writes a scored shard. Delivery is at least once: an equal object that is there already stays, and so does one of
 * another format, which a worker of another release wrote first.
 * @returns that other object
 * @throws ObjectMismatchError when two workers of one format came to different bytes
 */
export async function putShardOnce(
  services: StoredShardServices, tenant: string, record: BatchRecord, shard: number, object: Uint8Array,
): Promise<StoredShard | undefined> {
  const key = shardKey(tenant, record, shard);
  try {
    await services.store.putOnce(key, object);
    return undefined;
  } catch (error) {
    if (!(error instanceof ObjectMismatchError)) throw error;
    const first = await readShardObject(services, tenant, record, shard);
    if (first === undefined) await services.store.putOnce(key, object);
    else if (first.format === SHARD_FORMAT) throw error;
    return first;
  }
}

/** Whether an object of the shard was set aside. */
export async function wasDamaged(store: ObjectStore, tenant: string, record: BatchRecord, shard: number): Promise<boolean> {
  return (await store.head(ObjectKeys.damagedShard(tenant, record.id, shard, modelRef(record)))) !== undefined;
}

async function read(store: ObjectStore, tenant: string, record: BatchRecord, shard: number, into?: Buffer): Promise<StoredShard | undefined> {
  const key = shardKey(tenant, record, shard);
  try {
    return decodeShardObject(await store.get(key, into), key, record.shards[shard].rows);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Reads the object once more: another worker may have replaced it, or the read itself was at fault. */
async function setAside(services: StoredShardServices, tenant: string, record: BatchRecord, shard: number, damage: ObjectCorruptError): Promise<StoredShard | undefined> {
  const { store, metrics, logger } = services;
  metrics.checksumMismatch();
  logger.error({ tenant, batchId: record.id, shard, err: damage, alarm: 'object-corrupt' }, 'ALARM: a shard object is damaged; it is kept under damaged/ and the shard is scored again');
  const key = shardKey(tenant, record, shard);
  try {
    return await read(store, tenant, record, shard);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
  }
  const damaged = await store.get(key).catch((error: unknown) => {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  });
  if (damaged !== undefined) await store.put(ObjectKeys.damagedShard(tenant, record.id, shard, modelRef(record)), damaged);
  await store.delete(key);
  return undefined;
}

function modelRef({ model }: BatchRecord): string {
  return `${model.name}@${model.version}`;
}
