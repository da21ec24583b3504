import { ObjectCorruptError } from './errors';
import type { ObjectStore } from './object-store';
import { openDocument } from './sealed-document';
import { type IndexedList, OPEN, type Segment, type SegmentIds, idsBetween } from './status-index';
import { statusesOf } from './status-indexer';

/** An id where a segment contradicts the resource. */
export interface IndexDifference {
  id: string;
  /** Undefined when the segment does not list the id. */
  listed: string | undefined;
  /** Undefined when there is no such resource. */
  status: string | undefined;
}

/**
 * Compares one segment with the resources that it covers. Ids listed as open never differ: they are candidates for every status.
 * @param after last id of the segment before
 * @throws ObjectNotFoundError when the segment was just replaced, ObjectCorruptError when it is damaged
 */
export async function compareSegment(store: ObjectStore, list: IndexedList, segment: Segment, after: string | undefined): Promise<IndexDifference[]> {
  const listed = statusById(readNamed(segment, await store.get(segment.key)));
  const ids: string[] = [];
  for await (const some of idsBetween(store, list, { after, through: segment.lastId })) ids.push(...some);
  const actual = statusById(await statusesOf(store, list, ids));
  return [...new Set([...listed.keys(), ...actual.keys()])]
    .map((id) => ({ id, listed: listed.get(id), status: actual.get(id) }))
    .filter((entry) => entry.listed !== entry.status && entry.listed !== OPEN)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Readers choose segments by the statuses in their names. */
function readNamed({ key, statuses }: Segment, bytes: Buffer): SegmentIds {
  const ids = openDocument<SegmentIds>(key, bytes);
  if (!Object.values(ids).every(Array.isArray)) throw new ObjectCorruptError(key, 'it is no list of ids by status');
  if (Object.keys(ids).sort().join() !== statuses.join()) throw new ObjectCorruptError(key, 'it lists other statuses than its name');
  return ids;
}

function statusById(ids: SegmentIds): Map<string, string> {
  return new Map(Object.entries(ids).flatMap(([status, some]) => some.map((id) => [id, status] as const)));
}
