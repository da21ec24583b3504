import type { Logger } from '@cytoqueue/runtime';
import {
  type BatchDocument,
  ObjectKeys,
  SHARD_FORMAT,
  decodeShardObject,
  maxShardBytes,
  shardAt,
  shardKey,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectMismatchError, ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import type { WorkerMetrics } from '../worker-metrics';

export type StoredShard = ReturnType<typeof decodeShardObject>;

interface StoredShardDeps {
  store: ObjectStore;
  metrics: Pick<WorkerMetrics, 'checksumMismatch'>;
  logger: Pick<Logger, 'error'>;
}

/**
 * Reads a shard's object. A damaged one is moved to `damaged/` with an alarm; the shard can be scored again from its
 * input and model.
 * @param buffer memory to read into
 * @returns undefined when the shard must be scored
 * @throws ObjectFormatError when a newer release wrote it
 */
export async function readShardObject(
  deps: StoredShardDeps,
  tenant: string,
  batch: BatchDocument,
  shard: number,
  buffer?: Buffer,
): Promise<StoredShard | undefined> {
  try {
    return await read(deps.store, tenant, batch, shard, buffer);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    return quarantineDamaged(deps, tenant, batch, shard, error);
  }
}

/**
 * Writes a scored shard once. An equal object that already exists stays, and so does one that a worker of another
 * release wrote in another format.
 * @returns the existing object, if it has another format
 * @throws ObjectMismatchError when two workers with the same format computed different bytes
 */
export async function putShardOnce(
  deps: StoredShardDeps,
  tenant: string,
  batch: BatchDocument,
  shard: number,
  object: Uint8Array,
): Promise<StoredShard | undefined> {
  const key = shardKey(tenant, batch, shard);
  try {
    await deps.store.putOnce(key, object);
    return undefined;
  } catch (error) {
    if (!(error instanceof ObjectMismatchError)) throw error;
    const existing = await readShardObject(deps, tenant, batch, shard);
    // undefined: the existing object was damaged, and `readShardObject` has moved it to `damaged/`.
    if (existing === undefined) await deps.store.putOnce(key, object);
    else if (existing.format === SHARD_FORMAT) throw error;
    return existing;
  }
}

/** Whether a damaged object of the shard was moved to `damaged/`. */
export async function wasDamaged(
  store: ObjectStore,
  tenant: string,
  batch: BatchDocument,
  shard: number,
): Promise<boolean> {
  return (await store.head(ObjectKeys.damagedShard(tenant, batch.id, shard, modelRef(batch)))) !== undefined;
}

async function read(
  store: ObjectStore,
  tenant: string,
  batch: BatchDocument,
  shard: number,
  buffer?: Buffer,
): Promise<StoredShard | undefined> {
  const key = shardKey(tenant, batch, shard);
  try {
    return decodeShardObject(
      await store.get(key, buffer, maxShardBytes(shardAt(batch, shard))),
      key,
      shardAt(batch, shard).rows,
    );
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Reads the object again before moving it: another worker may have replaced it, or the read may have failed. */
async function quarantineDamaged(
  deps: StoredShardDeps,
  tenant: string,
  batch: BatchDocument,
  shard: number,
  damage: ObjectCorruptError,
): Promise<StoredShard | undefined> {
  const { store, metrics, logger } = deps;
  metrics.checksumMismatch();
  logger.error(
    { tenant, batch_id: batch.id, shard, err: damage, alarm: 'object-corrupt' },
    'ALARM: a shard object is damaged; it is kept under damaged/ and the shard is scored again',
  );
  const key = shardKey(tenant, batch, shard);
  try {
    return await read(store, tenant, batch, shard);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
  }
  await store.copy(key, ObjectKeys.damagedShard(tenant, batch.id, shard, modelRef(batch))).catch((error: unknown) => {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  });
  await store.delete(key);
  return undefined;
}

function modelRef({ model }: BatchDocument): string {
  return `${model.name}@${model.version}`;
}
