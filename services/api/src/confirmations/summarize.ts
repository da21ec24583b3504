/*
 * The summary of a day holds the entries whose target was accepted on that day. Markers of changes say which ids to look at: the
 * summary gets what the store has now under such an id. Order of writes: new version of the summary, then removal of the
 * markers; a crash between the two repeats a change that makes no difference. Entries are read between the read of a version and
 * the write of the next, and only one writer gets each next version, so a process that was suspended cannot bring a deleted entry
 * back.
 */
import {
  type ConfirmationChange,
  type ConfirmationDocument,
  ConfirmationKeys,
  type ConfirmedDay,
  type DamageReport,
  VersionedDocument,
  confirmationShape,
  confirmedDayShape,
  findDocument,
} from '@cytoqueue/records';
import {
  ObjectCorruptError,
  type ObjectInfo,
  type ObjectStore,
  ObjectUnreadableError,
  listAll,
  forEachConcurrently,
} from '@cytoqueue/storage';
import { CHANGE_MARKER_TTL_MS } from './marked-change';

const CONCURRENCY = 16;
/** Changes of one pass; the next pass takes the others. */
const MAX_CHANGES = 50_000;
const REPLACED_TTL_MS = 60 * 60_000;

interface SummarizeDeps {
  store: ObjectStore;
  damage: DamageReport;
}

type MarkedChange = ConfirmationChange & { markedAt: Date };

/** Brings the summaries of one tenant up to date. */
export async function summarizeConfirmations(deps: SummarizeDeps, tenant: string, signal?: AbortSignal): Promise<void> {
  const byDay = new Map<string, MarkedChange[]>();
  let changes = 0;
  for await (const { key, modifiedAt } of listAll(deps.store, ConfirmationKeys.changesFolder(tenant))) {
    const change = ConfirmationKeys.parseChange(key);
    if (change === undefined) continue;
    const ofDay = byDay.get(change.day) ?? [];
    byDay.set(change.day, ofDay);
    ofDay.push({ ...change, markedAt: modifiedAt });
    if (++changes >= MAX_CHANGES) break;
  }
  for (const [day, changed] of byDay) {
    if (signal?.aborted === true) return;
    // A day whose summary is damaged must not keep the days after it.
    await summarizeDay(deps, tenant, day, changed).catch((error: unknown) => {
      if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
      deps.damage.report(ConfirmationKeys.dayFolder(tenant, day), error);
    });
  }
}

export function summaryOf(store: ObjectStore, tenant: string, day: string): VersionedDocument<ConfirmedDay> {
  return new VersionedDocument(store, ConfirmationKeys.dayFolder(tenant, day), confirmedDayShape, REPLACED_TTL_MS);
}

/** The newest version of each day's summary, by day. */
export async function listSummaries(
  store: ObjectStore,
  tenant: string,
): Promise<{ day: string; version: number; info: ObjectInfo }[]> {
  const newest = new Map<string, { day: string; version: number; info: ObjectInfo }>();
  for await (const info of listAll(store, ConfirmationKeys.daysFolder(tenant))) {
    const parsed = ConfirmationKeys.parseDay(tenant, info.key);
    // Ascending: the newest version comes last.
    if (parsed !== undefined) newest.set(parsed.day, { ...parsed, info });
  }
  return [...newest.values()];
}

/**
 * Removes replaced summaries after an hour: they hold entries that were deleted since, and a day that does not change any more
 * would keep the last one. @returns the number of removed versions
 */
export async function sweepReplacedSummaries(store: ObjectStore, tenant: string, nowMs: number): Promise<number> {
  const [days, replaced] = [new Set<string>(), new Set<string>()];
  for await (const { key } of listAll(store, ConfirmationKeys.daysFolder(tenant))) {
    const day = ConfirmationKeys.parseDay(tenant, key)?.day;
    if (day !== undefined) (days.has(day) ? replaced : days).add(day);
  }
  let removed = 0;
  for (const day of replaced) removed += await summaryOf(store, tenant, day).sweep(nowMs);
  return removed;
}

async function summarizeDay(
  deps: SummarizeDeps,
  tenant: string,
  day: string,
  changes: readonly MarkedChange[],
): Promise<void> {
  const ids = [...new Set(changes.map(({ id }) => id))];
  let stored = new Map<string, ConfirmationDocument>();
  await summaryOf(deps.store, tenant, day).update(async (before) => {
    stored = await readEntries(deps, tenant, ids);
    const after = applyChanges(before?.confirmations ?? [], ids, stored);
    return JSON.stringify(after) === JSON.stringify(before?.confirmations ?? []) ? undefined : { confirmations: after };
  });
  const deleted = new Set(changes.filter(({ id, kind }) => kind === 'deleted' && !stored.has(id)).map(({ id }) => id));
  const applied = changes.filter(
    ({ id, kind, markedAt }) =>
      stored.has(id) === (kind === 'added') ||
      deleted.has(id) ||
      Date.now() - markedAt.getTime() > CHANGE_MARKER_TTL_MS,
  );
  await forEachConcurrently(applied, CONCURRENCY, ({ key }) => deps.store.delete(key));
}

/** A damaged entry is reported and does not count. */
async function readEntries(
  { store, damage }: SummarizeDeps,
  tenant: string,
  ids: readonly string[],
): Promise<Map<string, ConfirmationDocument>> {
  const entries = new Map<string, ConfirmationDocument>();
  await forEachConcurrently(ids, CONCURRENCY, async (id) => {
    const key = ConfirmationKeys.entry(tenant, id);
    const entry = await findDocument(store, key, confirmationShape).catch((error: unknown) => {
      if (error instanceof ObjectCorruptError) return damage.report(key, error);
      throw error;
    });
    if (entry !== undefined) entries.set(id, entry);
  });
  return entries;
}

/** @returns the entries by id, whatever the order of the changes */
function applyChanges(
  before: readonly ConfirmationDocument[],
  ids: readonly string[],
  stored: ReadonlyMap<string, ConfirmationDocument>,
): ConfirmationDocument[] {
  const changed = new Set(ids);
  return [...before.filter(({ id }) => !changed.has(id)), ...stored.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
