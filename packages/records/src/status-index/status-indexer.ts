import { readLatestRun } from '../batch-objects';
import { manifestShape, predictionCompletionShape } from '../documents/document-shapes';
import { ObjectCorruptError, ObjectUnreadableError, type ObjectStore } from '@cytoqueue/storage';
import { idTimeMs } from '../ids';
import { ObjectKeys } from '../object-keys';
import { findDocument } from '../documents/read-document';
import {
  type IndexedList,
  UNFINISHED,
  type Segment,
  type SegmentIds,
  idPrefixOf,
  idsBetween,
  listSegments,
  readSegment,
  writeSegment,
} from './status-index';

const SEGMENT_IDS = 250;
const READ_CONCURRENCY = 16;
const MINUTE_MS = 60_000;
/**
 * No more ids of this age can appear: a single record is stored within a minute, an upload within a day. Allows for clocks that
 * differ by a minute; probes report larger differences.
 */
const MAX_ACCEPTANCE_MS = { predictions: 2 * MINUTE_MS, batches: 26 * 60 * MINUTE_MS };
/** A prediction that is unfinished after this time is indexed as open. */
const MAX_PROCESSING_MS = 60 * MINUTE_MS;

/**
 * Indexes the resources after the last segment, oldest first, up to the first group that is not ready (see `finalStatuses`).
 * After a crash the index has complete segments without gaps. Concurrent processes write the same segments.
 * @returns the number of segments written
 */
export async function indexResources(
  store: ObjectStore,
  list: IndexedList,
  { nowMs = Date.now(), signal }: { nowMs?: number; signal?: AbortSignal } = {},
): Promise<number> {
  let written = 0;
  const after = (await listSegments(store, list)).at(-1)?.lastId;
  for await (const ids of segmentsOf(idsBetween(store, list, { after }))) {
    const statuses = signal?.aborted ? undefined : await finalStatuses(store, list, ids, nowMs);
    if (statuses === undefined) break;
    await writeSegment(store, list, ids.at(-1)!, statuses);
    written++;
  }
  return written;
}

/** Yields only full segments; the rest remains for the next call. */
async function* segmentsOf(pages: AsyncIterable<string[]>): AsyncGenerator<string[]> {
  let ids: string[] = [];
  for await (const page of pages) {
    ids.push(...page);
    for (; ids.length >= SEGMENT_IDS; ids = ids.slice(SEGMENT_IDS)) yield ids.slice(0, SEGMENT_IDS);
  }
}

/**
 * Compares every segment with its resources, corrects differences and indexes the rest. Can be interrupted and repeated, and can
 * run while the services run: a segment is written before the one it replaces is deleted.
 * @returns the number of segments corrected and added
 */
export async function repairStatusIndex(
  store: ObjectStore,
  list: IndexedList,
  { dryRun = false, nowMs = Date.now() } = {},
): Promise<{ segments: number; repaired: number; added: number }> {
  const segments = await listSegments(store, list);
  let repaired = 0;
  for (const [index, segment] of segments.entries()) {
    if (await repairSegment(store, list, segment, segments[index - 1]?.lastId, dryRun)) repaired++;
  }
  return { segments: segments.length, repaired, added: dryRun ? 0 : await indexResources(store, list, { nowMs }) };
}

async function repairSegment(
  store: ObjectStore,
  list: IndexedList,
  segment: Segment,
  after: string | undefined,
  dryRun: boolean,
): Promise<boolean> {
  const ids: string[] = [];
  for await (const some of idsBetween(store, list, { after, through: segment.lastId })) ids.push(...some);
  const expected = await statusesOf(store, list, ids);
  const present = await readSegment(store, segment);
  if (present !== undefined && JSON.stringify(sortStatuses(present)) === JSON.stringify(sortStatuses(expected)))
    return false;
  if (dryRun) return true;
  const written = await writeSegment(store, list, segment.lastId, expected);
  if (written.key !== segment.key) await store.delete(segment.key);
  return true;
}

/** Makes an indexed resource a candidate for every status. Call it before changing a resource that counted as final. */
export async function markUnfinished(store: ObjectStore, list: IndexedList, id: string): Promise<void> {
  const segment = (await listSegments(store, list)).find(({ lastId }) => lastId >= id);
  const ids = segment && (await readSegment(store, segment));
  if (segment === undefined || ids === undefined) return;
  const others = Object.entries(ids).map(([status, some]) => [status, some.filter((each) => each !== id)] as const);
  const changed = Object.fromEntries(
    [...others, [UNFINISHED, [...(ids[UNFINISHED] ?? []).filter((each) => each !== id), id].sort()]].filter(
      ([, some]) => some!.length > 0,
    ),
  );
  const written = await writeSegment(store, list, segment.lastId, sortStatuses(changed as SegmentIds));
  if (written.key !== segment.key) await store.delete(segment.key);
}

/** Deletes segments whose ids are all earlier. Keeps the last segment, which marks the end of the index. */
export async function removeSegmentsBefore(store: ObjectStore, list: IndexedList, id: string): Promise<number> {
  const expired = (await listSegments(store, list)).slice(0, -1).filter(({ lastId }) => lastId < id);
  for (const { key } of expired) await store.delete(key);
  return expired.length;
}

const FINAL: ReadonlySet<string> = new Set(['succeeded', 'failed', 'canceled']);

/** Returns undefined while another id may still appear among these, or a prediction of the last hour is unfinished. */
async function finalStatuses(
  store: ObjectStore,
  list: IndexedList,
  ids: readonly string[],
  nowMs: number,
): Promise<SegmentIds | undefined> {
  const youngestMs = idTimeMs(idPrefixOf(list.kind), ids.at(-1)!) ?? nowMs;
  if (youngestMs > nowMs - MAX_ACCEPTANCE_MS[list.kind]) return undefined;
  const statuses = await statusesOf(store, list, ids);
  return (statuses[UNFINISHED] ?? []).some(
    (id) => list.kind === 'predictions' && (idTimeMs('pred_', id) ?? 0) > nowMs - MAX_PROCESSING_MS,
  )
    ? undefined
    : statuses;
}

/** Groups ids by status; UNFINISHED for those that can still change. */
export async function statusesOf(store: ObjectStore, list: IndexedList, ids: readonly string[]): Promise<SegmentIds> {
  const statuses: SegmentIds = {};
  for (let start = 0; start < ids.length; start += READ_CONCURRENCY) {
    const some = ids.slice(start, start + READ_CONCURRENCY);
    const read = await Promise.all(some.map((id) => statusOf(store, list, id)));
    for (const [index, id] of some.entries()) (statuses[read[index]!] ??= []).push(id);
  }
  return sortStatuses(statuses);
}

/** Returns the status if it is final, otherwise UNFINISHED. Of batches only `succeeded` is final; any other may be retried. */
async function statusOf(store: ObjectStore, { tenant, kind }: IndexedList, id: string): Promise<string> {
  try {
    if (kind === 'predictions') {
      const completion = await findDocument(
        store,
        ObjectKeys.predictionCompletion(tenant, id),
        predictionCompletionShape,
      );
      return completion !== undefined && FINAL.has(completion.status) ? completion.status : UNFINISHED;
    }
    const { run } = await readLatestRun(store, tenant, id);
    const manifest = await findDocument(store, ObjectKeys.runManifest(tenant, id, run), manifestShape);
    return manifest?.status === 'succeeded' ? 'succeeded' : UNFINISHED;
  } catch (error) {
    if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return UNFINISHED;
    throw error;
  }
}

function sortStatuses(ids: SegmentIds): SegmentIds {
  return Object.fromEntries(
    Object.keys(ids)
      .sort()
      .map((status) => [status, ids[status]!]),
  );
}
