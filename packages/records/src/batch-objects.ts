import { crc32 } from 'node:zlib';
import type { BatchDocument, ShardRange } from './documents/documents';
import {
  ObjectCorruptError,
  ObjectNotFoundError,
  listAll,
  type ObjectInfo,
  type ObjectStore,
} from '@cytoqueue/storage';
import { batchDocumentShape } from './documents/document-shapes';
import { parseDocument } from './documents/read-document';
import { ObjectKeys } from './object-keys';
import { SHARD_HEADER_MAX_BYTES, type ShardCounts, addCounts, decodeShardHeader, emptyCounts } from './shard-object';

/** Key of the object with a batch's rows: the uploaded file, or the canonical file that the import wrote. */
export function batchRowsKey(
  tenant: string,
  { id, input }: { id: string; input: Pick<BatchDocument['input'], 'canonical'> },
): string {
  return input.canonical === undefined ? ObjectKeys.batchInput(tenant, id) : ObjectKeys.batchCanonical(tenant, id);
}

/** Finds the latest run of a batch, and that run's objects so far. A batch without run objects is in run 1. */
export async function readLatestRun(
  store: ObjectStore,
  tenant: string,
  batchId: string,
): Promise<{ run: number; objects: ObjectInfo[] }> {
  const prefix = ObjectKeys.runsFolder(tenant, batchId);
  const { objects, truncated } = await store.list({ prefix });
  const run = Math.max(1, ...objects.map(({ key }) => runOf(key)));
  if (!truncated) return { run, objects: objects.filter(({ key }) => runOf(key) === run) };
  const newest = await findLastRun(store, prefix, run);
  const ofRun: ObjectInfo[] = [];
  for await (const info of listAll(store, ObjectKeys.runFolder(tenant, batchId, newest))) ofRun.push(info);
  return { run: newest, objects: ofRun };
}

function runOf(key: string): number {
  return ObjectKeys.parseRun(key) ?? 1;
}

/** Lists folders instead of objects: one page holds a thousand runs. */
async function findLastRun(store: ObjectStore, prefix: string, run: number): Promise<number> {
  let [last, startAfter] = [run, undefined as string | undefined];
  for (;;) {
    const { prefixes, truncated } = await store.list({ prefix, startAfter, delimiter: '/' });
    last = Math.max(last, ...prefixes.map(runOf));
    if (!truncated) return last;
    startAfter = prefixes.at(-1);
  }
}

/** Whether a prediction, training or any run of a batch has a pending marker. */
export async function isPending(store: ObjectStore, tenant: string, id: string): Promise<boolean> {
  if ((await store.head(ObjectKeys.pending(tenant, id))) !== undefined) return true;
  return (await store.list({ prefix: ObjectKeys.pendingRunsPrefix(tenant, id), limit: 1 })).objects.length > 0;
}

/** Stores the pending marker of a prediction, training or batch's run. */
export async function putPending(store: ObjectStore, tenant: string, id: string, run?: number): Promise<void> {
  await store.put(ObjectKeys.pending(tenant, id, run), Buffer.alloc(0));
}

/** Stores the pending marker of a prediction. */
export async function putPredictionPending(store: ObjectStore, tenant: string, id: string): Promise<void> {
  await store.putOnce(ObjectKeys.pending(tenant, id), Buffer.alloc(0), { journal: true });
}

/** Deletes the pending markers of a prediction, training or batch that is being deleted. */
export async function deletePending(store: ObjectStore, tenant: string, id: string): Promise<void> {
  await store.delete(ObjectKeys.pending(tenant, id));
  for await (const { key } of listAll(store, ObjectKeys.pendingRunsPrefix(tenant, id))) await store.delete(key);
}

/** Parses `batch.json`. @throws ObjectCorruptError when it is damaged or its shards do not cover its rows exactly */
export function parseBatchDocument(key: string, bytes: Buffer): BatchDocument {
  const batch = parseDocument(bytes, key, batchDocumentShape);
  let nextRow = 1;
  for (const { firstRow, rows } of batch.shards ?? []) {
    if (firstRow !== nextRow) throw new ObjectCorruptError(key, 'its shards have a gap or an overlap');
    nextRow += rows;
  }
  if (nextRow - 1 !== batch.rows) throw new ObjectCorruptError(key, 'its shards do not add up to its rows');
  return batch;
}

/** Key of the object with a shard's scored rows. */
export function shardKey(tenant: string, { id, model }: Pick<BatchDocument, 'id' | 'model'>, shard: number): string {
  return ObjectKeys.shard(tenant, id, shard, `${model.name}@${model.version}`);
}

/** @throws RangeError for a shard that the batch does not have */
export function shardAt({ id, shards }: Pick<BatchDocument, 'id' | 'shards'>, shard: number): ShardRange {
  const range = shards[shard];
  if (range === undefined) throw new RangeError(`${id} has no shard ${shard}`);
  return range;
}

/** Lists the 0-based shards that have an object. */
export async function listScoredShards(store: ObjectStore, tenant: string, batchId: string): Promise<Set<number>> {
  const scored = new Set<number>();
  for await (const { key } of listAll(store, ObjectKeys.shardsFolder(tenant, batchId))) {
    const parsed = ObjectKeys.parseShardKey(key);
    if (parsed !== undefined) scored.add(parsed.shard);
  }
  return scored;
}

/** Lists the shards without an object. */
export async function listUnscoredShards(
  store: ObjectStore,
  tenant: string,
  batch: { id: string; shards: readonly { rows: number }[] },
): Promise<{ shard: number; rows: number }[]> {
  const scored = await listScoredShards(store, tenant, batch.id);
  return batch.shards.map(({ rows }, shard) => ({ shard, rows })).filter(({ shard }) => !scored.has(shard));
}

const READ_CONCURRENCY = 16;
/** Most headers are shorter. */
const USUAL_HEADER_BYTES = 4 * 1024;

export type ScoredShards = ShardCounts & {
  shards: number;
  /** 0-based. Excludes shards with a damaged header, which are scored again. */
  scored: ReadonlySet<number>;
};

/** Sums the counts in the headers of a batch's shard objects. Used when Redis has lost counts. */
export async function sumShardCounts(store: ObjectStore, tenant: string, batchId: string): Promise<ScoredShards> {
  const counts = emptyCounts();
  const scored = new Set<number>();
  const waiting: ObjectInfo[] = [];
  for await (const info of listAll(store, ObjectKeys.shardsFolder(tenant, batchId))) waiting.push(info);
  const next = async (): Promise<void> => {
    for (let info = waiting.pop(); info !== undefined; info = waiting.pop()) {
      const shard = ObjectKeys.parseShardKey(info.key)?.shard;
      const shardCounts = shard === undefined ? undefined : await readCounts(store, info);
      if (shard === undefined || shardCounts === undefined) continue;
      addCounts(counts, shardCounts);
      scored.add(shard);
    }
  };
  await Promise.all(Array.from({ length: READ_CONCURRENCY }, next));
  return { ...counts, shards: scored.size, scored };
}

/** Reads the header of a shard's object. @throws ObjectNotFoundError, ObjectCorruptError, ObjectFormatError */
export async function readShardHeader(
  store: ObjectStore,
  { key, size }: Pick<ObjectInfo, 'key' | 'size'>,
): Promise<ReturnType<typeof decodeShardHeader>> {
  if (size === 0) throw new ObjectCorruptError(key, 'it is empty');
  let head = await store.getRange(key, { start: 0, end: Math.min(size, USUAL_HEADER_BYTES) });
  if (head.length < size && !head.includes('\n'))
    head = await store.getRange(key, { start: 0, end: Math.min(size, SHARD_HEADER_MAX_BYTES) });
  return decodeShardHeader(head, key);
}

/** Returns undefined when the header is damaged or the object was moved since it was listed. */
async function readCounts(store: ObjectStore, info: ObjectInfo): Promise<ShardCounts | undefined> {
  try {
    return (await readShardHeader(store, info)).counts;
  } catch (error) {
    if (error instanceof ObjectCorruptError || error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Index of the shard that holds a row; -1 when the batch has no such row. */
export function shardOfRow({ shards }: Pick<BatchDocument, 'shards'>, row: number): number {
  return shards.findIndex(({ firstRow, rows }) => firstRow <= row && row < firstRow + rows);
}

/**
 * Reads the input rows of a shard.
 * @param buffer memory to read into
 * @throws ObjectNotFoundError when the input has expired, ObjectCorruptError when the bytes differ from the upload
 */
export async function readShardRows(
  store: ObjectStore,
  tenant: string,
  batch: BatchDocument,
  shard: number,
  buffer?: Buffer,
): Promise<Buffer> {
  const { offset, length, crc32: checksum } = shardAt(batch, shard);
  const key = batchRowsKey(tenant, batch);
  const bytes = await store.getRange(key, { start: offset, end: offset + length }, buffer);
  if (checksum !== undefined && crc32(bytes) !== checksum)
    throw new ObjectCorruptError(key, `the bytes of shard ${shard} do not match their checksum`);
  return bytes;
}
