import type { BatchProgress, LiveProgress, ProgressCounts } from '@cytoqueue/queue';
import {
  type BatchRecord, type DamageReport, type Manifest, ObjectCorruptError, ObjectKeys, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError, type RunRecord, countScoredShards, idTimeMs,
} from '@cytoqueue/storage';
import { type StoredBatch, readBatch } from './runs';

export interface BatchView {
  id: string;
  status: Manifest['status'] | 'queued' | 'processing' | 'finalizing' | 'canceling';
  progress: number;
  [field: string]: unknown;
}

type LiveCounts = ProgressCounts & { finalizing: boolean };

/** Shown as the most there can be before the end: only a finished batch is at 1. */
const ALMOST = 0.999;
const UNFINISHED: readonly string[] = ['queued', 'processing', 'finalizing', 'canceling'];

export function batchLink(id: string): string {
  return `/v1/batches/${id}`;
}

/** When a document is damaged. */
const DAMAGED = { code: 'object-damaged', detail: 'A stored document of this batch is damaged. Retry the batch; if that is refused, delete it and upload the file again.' };

/** In lists, where one batch that cannot be read must not hide the others. */
const UNREADABLE = { code: 'object-unreadable', detail: 'A stored document of this batch cannot be read at the moment. The operators were alerted. The batch can be deleted.' };

interface ViewServices {
  store: ObjectStore;
  damage: DamageReport;
  progress: BatchProgress;
}

/**
 * A batch as its tenant sees it: what the store holds, with live counts from Redis on top while it runs. A batch exists for
 * its tenant from its pending marker on: one whose upload died before that was never accepted. A batch whose description is
 * damaged is shown as failed, with the reason.
 * @throws ObjectNotFoundError
 */
export async function viewBatch(services: ViewServices, tenant: string, id: string): Promise<BatchView> {
  return (await viewNewestRun(services, tenant, id)).view;
}

/** The same for a list: undefined for one that is gone, and one that cannot be read is shown as failed, with the reason. */
export async function viewListedBatch(services: ViewServices, tenant: string, id: string): Promise<BatchView | undefined> {
  try {
    return await viewBatch(services, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectUnreadableError)) throw error;
    services.damage.report(error.key, error);
    return viewOfId(id, UNREADABLE);
  }
}

/** The same with the run that it shows: a retry begins another, which may pass through the same states. */
export async function viewNewestRun(services: ViewServices, tenant: string, id: string): Promise<{ run: number; view: BatchView }> {
  try {
    return await viewIntact(services, tenant, id);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    services.damage.report(ObjectKeys.batchPrefix(tenant, id), error);
    return { run: 1, view: viewOfId(id, DAMAGED) };
  }
}

async function viewIntact(services: ViewServices, tenant: string, id: string): Promise<{ run: number; view: BatchView }> {
  const stored = await readBatch(services.store, tenant, id);
  const { run } = stored;
  if (stored.damage !== undefined) services.damage.report(ObjectKeys.runPrefix(tenant, id, run), stored.damage);
  if (stored.end !== undefined) return { run, view: { ...endedView(stored.record, stored.end), ...(stored.damage && { error: DAMAGED }) } };
  const live = await services.progress.read(id, run).catch(() => undefined);
  // Redis knows the run, so it was accepted. What it counts is added to what the run kept, which must be known.
  if (live?.whole && stored.damage === undefined) return { run, view: { ...describe(stored.record), ...liveView(stored, add(live, stored.opened)) } };
  return viewFromStore(services.store, tenant, stored, live);
}

/** Redis is an index that can be lost: when it does not know the whole of the run, the shard objects are counted. */
async function viewFromStore(store: ObjectStore, tenant: string, stored: StoredBatch, live: LiveProgress | undefined): Promise<{ run: number; view: BatchView }> {
  const { id } = stored.record;
  const key = ObjectKeys.pending(tenant, id, stored.run);
  // A batch in a later run was accepted, for it has finished an earlier one.
  if (stored.run === 1 && (await store.head(key)) === undefined) {
    // The marker goes last: it may have ended since we looked.
    const { record, run, end } = await readBatch(store, tenant, id);
    if (end === undefined) throw new ObjectNotFoundError(key);
    return { run, view: endedView(record, end) };
  }
  const counted = { ...(await countScoredShards(store, tenant, id)), finalizing: live?.finalizing ?? false };
  return { run: stored.run, view: { ...describe(stored.record), ...liveView(stored, counted) } };
}

/** For an answer that must not fail any more: the state of a batch right after its acceptance. */
export function acceptedView(record: BatchRecord): BatchView {
  const counts = { total: record.rows, pending: record.rows, succeeded: 0, rejected: 0, failed: 0 };
  const summary = { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 };
  return { ...describe(record), status: 'queued', counts, summary, progress: 0, eta_seconds: null };
}

function endedView(record: BatchRecord, { manifest, completedAt }: NonNullable<StoredBatch['end']>): BatchView {
  const { status, counts, summary, changed_rows, drift } = manifest;
  return { ...describe(record, changed_rows), status, completed_at: completedAt, counts, summary: { ...summary, drift }, progress: 1, eta_seconds: 0 };
}

/** Without the description only the id is left, which holds the time of acceptance. */
function viewOfId(id: string, error: { code: string; detail: string }): BatchView {
  const self = batchLink(id);
  return {
    id,
    status: 'failed',
    created_at: new Date(idTimeMs('batch_', id) ?? 0).toISOString(),
    filename: null,
    model: { name: 'unknown', version: 'unknown', digest: `sha256:${'0'.repeat(64)}` },
    counts: { total: 0, pending: 0, succeeded: 0, rejected: 0, failed: 0 },
    summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
    progress: 1,
    eta_seconds: 0,
    input_sha256: '',
    error,
    links: { self, results: `${self}/results`, errors: `${self}/errors` },
  };
}

/** What a retry kept is not counted anew in Redis. */
function add(live: LiveProgress, opened: RunRecord | undefined): LiveCounts {
  if (opened === undefined) return live;
  const { counts, summary, shards } = opened.kept;
  const kept: Partial<Record<string, number>> = { ...counts, ...summary, shards };
  const sums = Object.entries(live).map(([field, value]) => [field, typeof value === 'number' ? value + (kept[field] ?? 0) : value]);
  return Object.fromEntries(sums) as unknown as LiveCounts;
}

export function isBatchFinished(status: BatchView['status']): boolean {
  return !UNFINISHED.includes(status);
}

function describe({ id, created_at, filename, model, input, rescores }: BatchRecord, changedRows?: number) {
  const self = batchLink(id);
  const links = { self, results: `${self}/results`, errors: `${self}/errors` };
  const base = { id, created_at, filename, model, input_sha256: input.sha256, links };
  if (rescores === undefined) return base;
  return { ...base, rescores: { ...rescores, changed_rows: changedRows ?? null }, links: { ...links, changes: `${self}/changes` } };
}

function liveView(stored: StoredBatch, live: LiveCounts) {
  const { record, opened } = stored;
  const { succeeded, rejected, benign, malignant, indeterminate, missing_features } = live;
  const done = succeeded + rejected;
  const doneBefore = (opened?.kept.counts.succeeded ?? 0) + (opened?.kept.counts.rejected ?? 0);
  return {
    status: liveStatus(stored, live),
    counts: { total: record.rows, pending: record.rows - done, succeeded, rejected, failed: 0 },
    summary: { benign, malignant, indeterminate, missing_features },
    progress: Math.min(done / record.rows, ALMOST),
    eta_seconds: etaSeconds(opened?.opened_at ?? record.created_at, done - doneBefore, record.rows - done),
  };
}

function liveStatus({ cancelWished }: StoredBatch, live: LiveCounts): BatchView['status'] {
  if (cancelWished) return 'canceling';
  if (live.finalizing) return 'finalizing';
  return live.shards > 0 ? 'processing' : 'queued';
}

/** Whole seconds, from the mean rate since the run was opened; null until there is one. */
export function etaSeconds(openedAt: string, rowsDone: number, rowsPending: number, nowMs = Date.now()): number | null {
  if (rowsDone === 0) return null;
  const elapsedSeconds = (nowMs - Date.parse(openedAt)) / 1_000;
  return Math.max(0, Math.round((elapsedSeconds / rowsDone) * rowsPending));
}
