import type { ConfirmationDocument } from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore, forEachConcurrently } from '@cytoqueue/storage';
import type { Period } from '../scored-days/period';
import { listScoredDays, readScoredDays } from '../scored-days/read-days';
import { computeFigures } from './figures';
import type { Performance } from './openapi';
import { listSummaries, summaryOf } from './summarize';

const DAY_MS = 24 * 60 * 60_000;
const CONCURRENCY = 16;
const VERIFICATION_BIAS = {
  code: 'verification-bias',
  text: 'These figures describe confirmed predictions only. If positive answers (malignant) are confirmed more often than negative ones (benign), sensitivity looks too high and specificity too low.',
} as const;

/**
 * The figures of a period. A day is that of an id's time, or of acceptance, which may be a day later.
 * @param charge takes the number of documents that are read
 */
export async function readPerformance(
  store: ObjectStore,
  tenant: string,
  period: Period,
  charge: (documents: number) => void,
): Promise<Performance> {
  const covers = ({ day }: { day: string }): boolean => {
    const dayMs = Date.parse(day);
    return dayMs < period.toMs && dayMs + 2 * DAY_MS > period.fromMs;
  };
  const summaries = (await listSummaries(store, tenant)).filter(covers);
  const scoredDays = (await listScoredDays(store, tenant)).filter(covers);
  charge(summaries.length + scoredDays.length);
  const confirmations = await readConfirmations(store, tenant, summaries);
  const scored = (await readScoredDays(store, scoredDays)).flatMap(({ answers }) => answers);
  const changedMs = [...summaries, ...scoredDays].reduce((latest, { info }) => Math.max(latest, +info.modifiedAt), 0);
  return {
    updated_at: changedMs === 0 ? null : new Date(changedMs).toISOString(),
    data: computeFigures(confirmations, scored, period),
    notes: [VERIFICATION_BIAS],
  };
}

/** The entries of the summaries. */
export async function readConfirmations(
  store: ObjectStore,
  tenant: string,
  summaries: readonly { day: string; version: number }[],
): Promise<ConfirmationDocument[]> {
  const confirmations: ConfirmationDocument[][] = [];
  await forEachConcurrently(summaries, CONCURRENCY, async ({ day, version }, index) => {
    const { value } = await summaryOf(store, tenant, day).open(version).catch(ifRemoved);
    confirmations[index] = value?.confirmations ?? [];
  });
  return confirmations.flat();
}

/** Expired since it was listed. */
function ifRemoved(error: unknown): { value: undefined } {
  if (error instanceof ObjectNotFoundError) return { value: undefined };
  throw error;
}
