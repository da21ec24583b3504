/*
 * The index answers "which resources have this status" without reading a history. It is derived from the resources by one
 * process in the background (status-indexer.ts): no write path knows it, and replicas of earlier versions do not disturb it.
 * One object covers SEGMENT_IDS resources in a row: its key names the last of them and the statuses that occur, the document
 * lists the ids of each. Segments follow each other without a gap; ids behind the last one are not indexed yet and are looked
 * at one by one. An id in the index is a hint: callers read the resource, which may have been deleted meanwhile.
 */
import { ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError } from './errors';
import type { IdPrefix } from './ids';
import { listAll } from './listing';
import { listNewestFirst } from './newest-first';
import { ObjectKeys } from './object-keys';
import type { ObjectStore } from './object-store';
import { openDocument, sealDocument } from './sealed-document';

export type IndexedKind = 'predictions' | 'batches';

/** The resources of a tenant that one index is about. */
export interface IndexedList {
  tenant: string;
  kind: IndexedKind;
}

/** In place of a status: it can still change, so the resource is a candidate for every status. */
export const OPEN = 'open';
const NOT_INDEXED_PAGE = 100;
const SEGMENTS_AT_ONCE = 8;

export interface Segment {
  key: string;
  lastId: string;
  statuses: readonly string[];
}

/** Ids by status, ascending. */
export type SegmentIds = Record<string, string[]>;

export function idPrefixOf(kind: IndexedKind): IdPrefix {
  return kind === 'predictions' ? 'pred_' : 'batch_';
}

export function prefixOf({ tenant, kind }: IndexedList): string {
  return kind === 'predictions' ? ObjectKeys.predictionsPrefix(tenant) : ObjectKeys.batchesPrefix(tenant);
}

export function segmentOf({ tenant, kind }: IndexedList, lastId: string, ids: SegmentIds): Segment {
  const statuses = Object.keys(ids).sort();
  return { key: `${ObjectKeys.statusIndexPrefix(tenant, kind)}${[lastId, ...statuses].join('.')}`, lastId, statuses };
}

/** Ascending. */
export async function listSegments(store: ObjectStore, { tenant, kind }: IndexedList): Promise<Segment[]> {
  const prefix = ObjectKeys.statusIndexPrefix(tenant, kind);
  return (await namesBelow(store, prefix)).map((name) => {
    const [lastId = '', ...statuses] = name.split('.');
    return { key: prefix + name, lastId, statuses };
  });
}

async function namesBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  // Names alone, where a listing would ask for the size of each file.
  if (store.listDown !== undefined) return (await store.listDown({ prefix, limit: Infinity, isWanted: () => true })).reverse();
  const names: string[] = [];
  for await (const { key } of listAll(store, prefix)) names.push(key.slice(prefix.length));
  return names;
}

export async function writeSegment(store: ObjectStore, list: IndexedList, lastId: string, ids: SegmentIds): Promise<Segment> {
  const segment = segmentOf(list, lastId, ids);
  await store.put(segment.key, sealDocument(ids), { contentType: 'application/json' });
  return segment;
}

/** Undefined when the segment is damaged, cannot be read or was just replaced. */
export async function readSegment(store: ObjectStore, { key }: Segment): Promise<SegmentIds | undefined> {
  try {
    return openDocument<SegmentIds>(key, await store.get(key));
  } catch (error) {
    if ([ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError].some((type) => error instanceof type)) return undefined;
    throw error;
  }
}

/** Ids of the resources between two others, the first exclusive; ascending, in pages. Without bounds all of them. */
export async function* idsBetween(store: ObjectStore, list: IndexedList, { after, through }: { after?: string; through?: string }): AsyncGenerator<string[]> {
  const prefix = prefixOf(list);
  for (let startAfter = after === undefined ? undefined : `${prefix}${after}/`; ; ) {
    const page = await store.list({ prefix: prefix + idPrefixOf(list.kind), startAfter, delimiter: '/' });
    const ids = page.prefixes.map((each) => each.slice(prefix.length, -1));
    yield through === undefined ? ids : ids.filter((id) => id <= through);
    if (!page.truncated || (through !== undefined && (ids.at(-1) ?? '') > through)) return;
    startAfter = page.prefixes.at(-1);
  }
}

/**
 * Ids of the resources that may have the status, newest first, in pieces of any size. Every resource that has it is among
 * them: what is not indexed, or can still change, always is.
 * @param before exclusive
 */
export async function* idsByStatus(store: ObjectStore, list: IndexedList, status: string, before?: string): AsyncGenerator<string[]> {
  const segments = await listSegments(store, list);
  yield* idsNotIndexed(store, list, segments.at(-1)?.lastId, before);
  const wanted = segments
    .map((segment, index) => ({ segment, after: segments[index - 1]?.lastId }))
    .filter(({ segment: { statuses }, after }) => (statuses.includes(status) || statuses.includes(OPEN)) && (after === undefined || before === undefined || before > after));
  for (let end = wanted.length; end > 0; end -= SEGMENTS_AT_ONCE) {
    const some = wanted.slice(Math.max(0, end - SEGMENTS_AT_ONCE), end);
    const candidates = await Promise.all(some.map(({ segment, after }) => candidatesIn(store, list, segment, after, status)));
    const ids = new Set(candidates.flat().filter((id) => before === undefined || id < before));
    yield [...ids].sort().reverse();
  }
}

async function candidatesIn(store: ObjectStore, list: IndexedList, segment: Segment, after: string | undefined, status: string): Promise<string[]> {
  const ids = await readSegment(store, segment);
  return ids === undefined ? allBetween(store, list, after, segment.lastId) : [...(ids[status] ?? []), ...(ids[OPEN] ?? [])];
}

async function* idsNotIndexed(store: ObjectStore, { tenant, kind }: IndexedList, lastIndexed: string | undefined, before: string | undefined): AsyncGenerator<string[]> {
  for (let from = before; lastIndexed === undefined || from === undefined || from > lastIndexed; ) {
    const page = await listNewestFirst(store, { prefix: prefixOf({ tenant, kind }), idPrefix: idPrefixOf(kind), before: from, limit: NOT_INDEXED_PAGE });
    const fresh = page.ids.filter((id) => lastIndexed === undefined || id > lastIndexed);
    yield fresh;
    if (!page.hasMore || fresh.length < page.ids.length) return;
    from = page.ids.at(-1);
  }
}

async function allBetween(store: ObjectStore, list: IndexedList, after: string | undefined, through: string): Promise<string[]> {
  const all: string[] = [];
  for await (const ids of idsBetween(store, list, { after, through })) all.push(...ids);
  return all;
}
