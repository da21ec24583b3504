import { readDocumentBytes } from '../documents/read-document';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';
import { unsealDocument } from '../documents/sealed-document';
import { type IndexedList, type Segment, type SegmentIds, UNFINISHED, idsBetween } from './status-index';
import { statusesOf } from './status-indexer';

/** An id whose indexed status differs from its resource. */
export interface IndexDifference {
  id: string;
  /** Undefined when the segment does not list the id. */
  listed: string | undefined;
  /** Undefined when there is no such resource. */
  status: string | undefined;
}

/**
 * Compares one segment with its resources. Ids listed as open never differ, because they are candidates for every status.
 * @param after last id of the previous segment
 * @throws ObjectNotFoundError when the segment was just replaced, ObjectCorruptError when it is damaged
 */
export async function compareSegment(
  store: ObjectStore,
  list: IndexedList,
  segment: Segment,
  after: string | undefined,
): Promise<IndexDifference[]> {
  const listed = statusById(readMatchingKey(segment, await readDocumentBytes(store, segment.key)));
  const ids: string[] = [];
  for await (const some of idsBetween(store, list, { after, through: segment.lastId })) ids.push(...some);
  const actual = statusById(await statusesOf(store, list, ids));
  return [...new Set([...listed.keys(), ...actual.keys()])]
    .map((id) => ({ id, listed: listed.get(id), status: actual.get(id) }))
    .filter((entry) => entry.listed !== entry.status && entry.listed !== UNFINISHED)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Checks that the statuses in the key match the document, because readers choose segments by key. */
function readMatchingKey({ key, statuses }: Segment, bytes: Buffer): SegmentIds {
  const ids = unsealDocument<SegmentIds>(key, bytes);
  if (!Object.values(ids).every(Array.isArray)) throw new ObjectCorruptError(key, 'it is not a list of ids by status');
  if (Object.keys(ids).sort().join() !== statuses.join())
    throw new ObjectCorruptError(key, 'its statuses differ from those in its key');
  return ids;
}

function statusById(ids: SegmentIds): Map<string, string> {
  return new Map(Object.entries(ids).flatMap(([status, some]) => some.map((id) => [id, status] as const)));
}
