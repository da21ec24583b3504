import { readDocumentBytes } from '../documents/read-document';
import { putDocument } from '../documents/write-document';
/*
 * The index finds the resources with a status without reading all of them. A background task derives it from the resources
 * (status-indexer.ts); no write path depends on it, and replicas of earlier releases do not affect it. One segment object covers
 * SEGMENT_IDS consecutive resources: its key contains the last id and the statuses that occur, its document the ids by status.
 * Segments have no gaps. Ids after the last segment are not indexed yet and are read one by one. An id in the index is a hint:
 * callers read the resource, which may have been deleted.
 */
import {
  ObjectCorruptError,
  ObjectNotFoundError,
  ObjectUnreadableError,
  listAll,
  type ObjectStore,
} from '@cytoqueue/storage';
import type { IdPrefix } from '../ids';
import { listNewestFirst } from '../newest-first';
import { ObjectKeys } from '../object-keys';
import { unsealDocument } from '../documents/sealed-document';

export type IndexedKind = 'predictions' | 'batches';

/** The resources of one tenant and kind that an index covers. */
export interface IndexedList {
  tenant: string;
  kind: IndexedKind;
}

/** Replaces a status that can still change: the resource is a candidate for every status. */
export const UNFINISHED = 'open';
const NOT_INDEXED_PAGE = 100;
const SEGMENT_CONCURRENCY = 8;

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

function folderOf({ tenant, kind }: IndexedList): string {
  return kind === 'predictions' ? ObjectKeys.predictionsFolder(tenant) : ObjectKeys.batchesFolder(tenant);
}

function segmentOf({ tenant, kind }: IndexedList, lastId: string, ids: SegmentIds): Segment {
  const statuses = Object.keys(ids).sort();
  return { key: `${ObjectKeys.statusIndexFolder(tenant, kind)}${[lastId, ...statuses].join('.')}`, lastId, statuses };
}

/** Ascending. */
export async function listSegments(store: ObjectStore, { tenant, kind }: IndexedList): Promise<Segment[]> {
  const prefix = ObjectKeys.statusIndexFolder(tenant, kind);
  return (await listNames(store, prefix)).map((name) => {
    const [lastId = '', ...statuses] = name.split('.');
    return { key: prefix + name, lastId, statuses };
  });
}

async function listNames(store: ObjectStore, prefix: string): Promise<string[]> {
  // Reads only names; `list` would also read the size of each file.
  if (store.listDescending !== undefined)
    return (await store.listDescending({ prefix, limit: Infinity, matches: () => true })).reverse();
  const names: string[] = [];
  for await (const { key } of listAll(store, prefix)) names.push(key.slice(prefix.length));
  return names;
}

export async function writeSegment(
  store: ObjectStore,
  list: IndexedList,
  lastId: string,
  ids: SegmentIds,
): Promise<Segment> {
  const segment = segmentOf(list, lastId, ids);
  await putDocument(store, segment.key, ids);
  return segment;
}

/** Returns undefined when the segment is damaged, unreadable or was just replaced. */
export async function readSegment(store: ObjectStore, { key }: Segment): Promise<SegmentIds | undefined> {
  try {
    return unsealDocument<SegmentIds>(key, await readDocumentBytes(store, key));
  } catch (error) {
    if ([ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError].some((type) => error instanceof type))
      return undefined;
    throw error;
  }
}

/** Yields the ids between two ids (the first exclusive) in ascending pages; all ids without bounds. */
export async function* idsBetween(
  store: ObjectStore,
  list: IndexedList,
  { after, through }: { after?: string; through?: string },
): AsyncGenerator<string[]> {
  const prefix = folderOf(list);
  for (let startAfter = after === undefined ? undefined : `${prefix}${after}/`; ;) {
    const page = await store.list({ prefix: prefix + idPrefixOf(list.kind), startAfter, delimiter: '/' });
    const ids = page.prefixes.map((each) => each.slice(prefix.length, -1));
    yield through === undefined ? ids : ids.filter((id) => id <= through);
    if (!page.truncated || (through !== undefined && (ids.at(-1) ?? '') > through)) return;
    startAfter = page.prefixes.at(-1);
  }
}

/**
 * Yields the ids of resources that may have the status, newest first, in groups of any size. Includes every resource with the
 * status: resources that are not indexed or can still change are always included.
 * @param before exclusive
 */
export async function* idsByStatus(
  store: ObjectStore,
  list: IndexedList,
  status: string,
  before?: string,
): AsyncGenerator<string[]> {
  const segments = await listSegments(store, list);
  yield* unindexedIds(store, list, segments.at(-1)?.lastId, before);
  const wanted = segments
    .map((segment, index) => ({ segment, after: segments[index - 1]?.lastId }))
    .filter(
      ({ segment: { statuses }, after }) =>
        (statuses.includes(status) || statuses.includes(UNFINISHED)) &&
        (after === undefined || before === undefined || before > after),
    );
  for (let end = wanted.length; end > 0; end -= SEGMENT_CONCURRENCY) {
    const some = wanted.slice(Math.max(0, end - SEGMENT_CONCURRENCY), end);
    const candidates = await Promise.all(
      some.map(({ segment, after }) => candidateIds(store, list, segment, after, status)),
    );
    const ids = new Set(candidates.flat().filter((id) => before === undefined || id < before));
    yield [...ids].sort().reverse();
  }
}

async function candidateIds(
  store: ObjectStore,
  list: IndexedList,
  segment: Segment,
  after: string | undefined,
  status: string,
): Promise<string[]> {
  const ids = await readSegment(store, segment);
  return ids === undefined
    ? allBetween(store, list, after, segment.lastId)
    : [...(ids[status] ?? []), ...(ids[UNFINISHED] ?? [])];
}

async function* unindexedIds(
  store: ObjectStore,
  { tenant, kind }: IndexedList,
  lastIndexed: string | undefined,
  before: string | undefined,
): AsyncGenerator<string[]> {
  for (let from = before; lastIndexed === undefined || from === undefined || from > lastIndexed;) {
    const page = await listNewestFirst(store, {
      prefix: folderOf({ tenant, kind }),
      idPrefix: idPrefixOf(kind),
      before: from,
      limit: NOT_INDEXED_PAGE,
    });
    const unindexed = page.ids.filter((id) => lastIndexed === undefined || id > lastIndexed);
    yield unindexed;
    if (!page.hasMore || unindexed.length < page.ids.length) return;
    from = page.ids.at(-1);
  }
}

async function allBetween(
  store: ObjectStore,
  list: IndexedList,
  after: string | undefined,
  through: string,
): Promise<string[]> {
  const all: string[] = [];
  for await (const ids of idsBetween(store, list, { after, through })) all.push(...ids);
  return all;
}
