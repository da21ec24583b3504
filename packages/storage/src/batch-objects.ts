import { listAll } from './listing';
import { ObjectKeys } from './object-keys';
import { SHARD_HEAD_BYTES, type ShardCounts, decodeShardCounts, emptyCounts } from './shard-object';
import type { ObjectInfo, ObjectStore } from './object-store';

/** The newest run of a batch and what the batch's runs have left so far. A batch is in run 1 from its acceptance on. */
export async function newestRun(store: ObjectStore, tenant: string, batchId: string): Promise<{ run: number; objects: ObjectInfo[] }> {
  const { objects } = await store.list({ prefix: ObjectKeys.runsPrefix(tenant, batchId) });
  const run = Math.max(1, ...objects.map(({ key }) => ObjectKeys.parseRun(key) ?? 1));
  return { run, objects };
}

/** 0-based shards of a batch whose objects are there. */
export async function scoredShards(store: ObjectStore, tenant: string, batchId: string): Promise<Set<number>> {
  const scored = new Set<number>();
  for await (const { key } of listAll(store, ObjectKeys.shardsPrefix(tenant, batchId))) {
    const parsed = ObjectKeys.parseShardKey(key);
    if (parsed !== undefined) scored.add(parsed.shard);
  }
  return scored;
}

/** The shards of a batch that are still to be scored. */
export async function unscoredShards(
  store: ObjectStore,
  tenant: string,
  record: { id: string; shards: readonly { rows: number }[] },
): Promise<{ shard: number; rows: number }[]> {
  const scored = await scoredShards(store, tenant, record.id);
  return record.shards.map(({ rows }, shard) => ({ shard, rows })).filter(({ shard }) => !scored.has(shard));
}

const READS_AT_ONCE = 16;

/** What the shard objects of a batch come to, from their first bytes: for when nobody else remembers. */
export async function countScoredShards(store: ObjectStore, tenant: string, batchId: string): Promise<ShardCounts & { shards: number }> {
  const total = { ...emptyCounts(), shards: 0 };
  const waiting: ObjectInfo[] = [];
  for await (const info of listAll(store, ObjectKeys.shardsPrefix(tenant, batchId))) waiting.push(info);
  const next = async (): Promise<void> => {
    for (let info = waiting.pop(); info !== undefined; info = waiting.pop()) {
      const counts = decodeShardCounts(await store.getRange(info.key, { start: 0, end: Math.min(info.size, SHARD_HEAD_BYTES) }));
      for (const key of Object.keys(counts) as (keyof ShardCounts)[]) total[key] += counts[key];
      total.shards++;
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, next));
  return total;
}
