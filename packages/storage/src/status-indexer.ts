import { newestRun } from './batch-objects';
import { manifestShape, predictionEndShape } from './document-shapes';
import { ObjectCorruptError, ObjectUnreadableError } from './errors';
import { idTimeMs } from './ids';
import { ObjectKeys } from './object-keys';
import type { ObjectStore } from './object-store';
import { findDocument } from './read-document';
import { type IndexedList, OPEN, type Segment, type SegmentIds, idPrefixOf, idsBetween, listSegments, readSegment, writeSegment } from './status-index';

const SEGMENT_IDS = 250;
const READS_AT_ONCE = 16;
const MINUTE_MS = 60_000;
/**
 * No resource with an older id may still appear: a record is stored at once, an upload within a day. Between hosts clocks may
 * differ by a minute; probes report more.
 */
const APPEARS_WITHIN_MS = { predictions: 2 * MINUTE_MS, batches: 26 * 60 * MINUTE_MS };
/** Unfinished records are waited for this long, then indexed as open. */
const ENDS_WITHIN_MS = 60 * MINUTE_MS;

/**
 * Indexes everything that has settled since the last call, oldest first. A crash leaves whole segments without a gap; two
 * processes at once write the same segments.
 * @returns how many segments were written
 */
export async function indexResources(store: ObjectStore, list: IndexedList, { nowMs = Date.now(), signal }: { nowMs?: number; signal?: AbortSignal } = {}): Promise<number> {
  let written = 0;
  const after = (await listSegments(store, list)).at(-1)?.lastId;
  for await (const ids of inSegments(idsBetween(store, list, { after }))) {
    const statuses = signal?.aborted ? undefined : await settledStatuses(store, list, ids, nowMs);
    if (statuses === undefined) break;
    await writeSegment(store, list, ids.at(-1)!, statuses);
    written++;
  }
  return written;
}

/** Full segments only; a rest stays for the next time. */
async function* inSegments(pages: AsyncIterable<string[]>): AsyncGenerator<string[]> {
  let ids: string[] = [];
  for await (const page of pages) {
    ids.push(...page);
    for (; ids.length >= SEGMENT_IDS; ids = ids.slice(SEGMENT_IDS)) yield ids.slice(0, SEGMENT_IDS);
  }
}

/**
 * Compares every segment with the resources, corrects those that differ, and indexes the rest. Can be interrupted and
 * repeated at any time, and run beside the services: a segment is replaced before its predecessor is deleted.
 * @returns how many segments differed, and how many were added
 */
export async function repairStatusIndex(store: ObjectStore, list: IndexedList, { dryRun = false, nowMs = Date.now() } = {}): Promise<{ segments: number; repaired: number; added: number }> {
  const segments = await listSegments(store, list);
  let repaired = 0;
  for (const [index, segment] of segments.entries()) {
    if (await repairSegment(store, list, segment, segments[index - 1]?.lastId, dryRun)) repaired++;
  }
  return { segments: segments.length, repaired, added: dryRun ? 0 : await indexResources(store, list, { nowMs }) };
}

async function repairSegment(store: ObjectStore, list: IndexedList, segment: Segment, after: string | undefined, dryRun: boolean): Promise<boolean> {
  const ids: string[] = [];
  for await (const some of idsBetween(store, list, { after, through: segment.lastId })) ids.push(...some);
  const right = await statusesOf(store, list, ids);
  const present = await readSegment(store, segment);
  if (present !== undefined && JSON.stringify(sorted(present)) === JSON.stringify(sorted(right))) return false;
  if (dryRun) return true;
  const written = await writeSegment(store, list, segment.lastId, right);
  if (written.key !== segment.key) await store.delete(segment.key);
  return true;
}

/** Makes an indexed resource a candidate for every status: to be called before something changes one that was taken for final. */
export async function markOpen(store: ObjectStore, list: IndexedList, id: string): Promise<void> {
  const segment = (await listSegments(store, list)).find(({ lastId }) => lastId >= id);
  const ids = segment && (await readSegment(store, segment));
  if (segment === undefined || ids === undefined) return;
  const others = Object.entries(ids).map(([status, some]) => [status, some.filter((each) => each !== id)] as const);
  const marked = Object.fromEntries([...others, [OPEN, [...(ids[OPEN] ?? []).filter((each) => each !== id), id].sort()]].filter(([, some]) => some!.length > 0));
  const written = await writeSegment(store, list, segment.lastId, sorted(marked as SegmentIds));
  if (written.key !== segment.key) await store.delete(segment.key);
}

/** Deletes segments of which every resource has an earlier id. The last one stays: it says how far the index goes. */
export async function removeSegmentsBefore(store: ObjectStore, list: IndexedList, id: string): Promise<number> {
  const gone = (await listSegments(store, list)).slice(0, -1).filter(({ lastId }) => lastId < id);
  for (const { key } of gone) await store.delete(key);
  return gone.length;
}

const FINAL: ReadonlySet<string> = new Set(['succeeded', 'failed', 'canceled']);

/** Undefined while some of them can still appear or are about to end. */
async function settledStatuses(store: ObjectStore, list: IndexedList, ids: readonly string[], nowMs: number): Promise<SegmentIds | undefined> {
  const youngestMs = idTimeMs(idPrefixOf(list.kind), ids.at(-1)!) ?? nowMs;
  if (youngestMs > nowMs - APPEARS_WITHIN_MS[list.kind]) return undefined;
  const statuses = await statusesOf(store, list, ids);
  return (statuses[OPEN] ?? []).some((id) => list.kind === 'predictions' && (idTimeMs('pred_', id) ?? 0) > nowMs - ENDS_WITHIN_MS) ? undefined : statuses;
}

/** OPEN for what can still change. */
export async function statusesOf(store: ObjectStore, list: IndexedList, ids: readonly string[]): Promise<SegmentIds> {
  const statuses: SegmentIds = {};
  for (let start = 0; start < ids.length; start += READS_AT_ONCE) {
    const some = ids.slice(start, start + READS_AT_ONCE);
    const read = await Promise.all(some.map((id) => statusOf(store, list, id)));
    for (const [index, id] of some.entries()) (statuses[read[index]!] ??= []).push(id);
  }
  return sorted(statuses);
}

/** The status if it can never change. A batch that was not scored in full can be retried. */
async function statusOf(store: ObjectStore, { tenant, kind }: IndexedList, id: string): Promise<string> {
  try {
    if (kind === 'predictions') {
      const end = await findDocument(store, ObjectKeys.predictionResult(tenant, id), predictionEndShape);
      return end !== undefined && FINAL.has(end.status) ? end.status : OPEN;
    }
    const { run } = await newestRun(store, tenant, id);
    const manifest = await findDocument(store, ObjectKeys.runManifest(tenant, id, run), manifestShape);
    return manifest?.status === 'succeeded' ? 'succeeded' : OPEN;
  } catch (error) {
    if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return OPEN;
    throw error;
  }
}

function sorted(ids: SegmentIds): SegmentIds {
  return Object.fromEntries(Object.keys(ids).sort().map((status) => [status, ids[status]!]));
}
