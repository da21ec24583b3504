import { ConfirmationKeys, type ScoredDay, findDocument, scoredDayShape } from '@cytoqueue/records';
import { type ObjectInfo, type ObjectStore, listAll, forEachConcurrently } from '@cytoqueue/storage';

/** A fixed time: histograms tell how records change over some weeks. */
export const HISTOGRAM_RETENTION_DAYS = 90;
const CONCURRENCY = 16;

export interface StoredDay {
  /** UTC: 2026-11-28. */
  day: string;
  info: ObjectInfo;
}

/** The days of which a tenant has counts, ascending. */
export async function listScoredDays(store: ObjectStore, tenant: string): Promise<StoredDay[]> {
  const days: StoredDay[] = [];
  for await (const info of listAll(store, ConfirmationKeys.scoredDaysFolder(tenant))) {
    const day = ConfirmationKeys.parseScoredDay(info.key);
    if (day !== undefined) days.push({ day, info });
  }
  return days;
}

/** Their documents, in order; a day that was removed meanwhile is left out. */
export async function readScoredDays(
  store: ObjectStore,
  days: readonly StoredDay[],
): Promise<(ScoredDay & { day: string })[]> {
  const found: (ScoredDay | undefined)[] = [];
  await forEachConcurrently(days, CONCURRENCY, async ({ info }, index) => {
    found[index] = await findDocument(store, info.key, scoredDayShape);
  });
  return days.flatMap(({ day }, index) => (found[index] === undefined ? [] : [{ day, ...found[index] }]));
}
