import { type IndexDifference, type IndexedList, type Segment, compareSegment, idTimeMs } from '@cytoqueue/records';
import { DAY_MS, type VerifyContext } from './verify-batch';
import { wasDeleted } from './verify-entries';

/**
 * Checks one segment of a status index against the records or batches that it covers.
 * @param after last id of the previous segment
 */
export async function verifySegment(
  { store, checks, retentionDays }: VerifyContext,
  list: IndexedList,
  segment: Segment,
  after: string | undefined,
): Promise<void> {
  if ((await store.head(segment.key)) === undefined) return; // replaced meanwhile
  const differences =
    (await checks.run(segment.key, 'damaged-index', () => compareSegment(store, list, segment, after))) ?? [];
  for (const difference of differences) {
    const { id, listed, status } = difference;
    if (listed === undefined) checks.add(segment.key, 'missing-in-index', `it does not list ${id}, which is ${status}`);
    else if (status !== undefined)
      checks.add(segment.key, 'stale-in-index', `it lists ${id} as ${listed}, which is ${status}`);
    else if (!isExpired(difference, retentionDays) && !(await wasDeleted(store, list.tenant, id))) {
      checks.add(segment.key, 'lost-resource', `it lists ${id} as ${listed}, which is not there and was not deleted`);
    }
  }
}

/** Expired entries stay listed until their whole segment has expired. */
function isExpired({ id }: IndexDifference, retentionDays: number): boolean {
  const madeMs = idTimeMs('pred_', id) ?? idTimeMs('batch_', id) ?? 0;
  return madeMs + retentionDays * DAY_MS <= Date.now();
}
