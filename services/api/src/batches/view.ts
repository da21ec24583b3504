import type { BatchProgress, LiveProgress, ProgressCounts } from '@cytoqueue/queue';
import {
  type BatchRecord, type Manifest, ObjectKeys, ObjectNotFoundError, type ObjectStore, type RunRecord, countScoredShards,
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

interface ViewServices {
  store: ObjectStore;
  progress: BatchProgress;
}

/**
 * A batch as its tenant sees it: what the store holds, with live counts from Redis on top while it runs. It is there for
 * its tenant from its pending marker on: one whose upload died before that was never accepted, and nobody works on it.
 * @throws ObjectNotFoundError
 */
export async function viewBatch(services: ViewServices, tenant: string, id: string): Promise<BatchView> {
  const stored = await readBatch(services.store, tenant, id);
  if (stored.end !== undefined) return endedView(stored.record, stored.end);
  const live = await services.progress.read(id, stored.run).catch(() => undefined);
  // Redis has heard of the run, so it was accepted.
  if (live?.whole) return { ...describe(stored.record), ...liveView(stored, add(live, stored.opened)) };
  return viewFromStore(services.store, tenant, stored, live);
}

/** Redis is an index that can be lost: when it does not know the whole of the run, the shard objects are counted. */
async function viewFromStore(store: ObjectStore, tenant: string, stored: StoredBatch, live: LiveProgress | undefined): Promise<BatchView> {
  const { id } = stored.record;
  const key = ObjectKeys.pending(tenant, id);
  if ((await store.head(key)) === undefined) {
    // The marker goes last: it may have ended since we looked.
    const { record, end } = await readBatch(store, tenant, id);
    if (end === undefined) throw new ObjectNotFoundError(key);
    return endedView(record, end);
  }
  const counted = { ...(await countScoredShards(store, tenant, id)), finalizing: live?.finalizing ?? false };
  return { ...describe(stored.record), ...liveView(stored, counted) };
}

function endedView(record: BatchRecord, { manifest, completedAt }: NonNullable<StoredBatch['end']>): BatchView {
  const { status, counts, summary, changed_rows, drift } = manifest;
  return { ...describe(record, changed_rows), status, completed_at: completedAt, counts, summary: { ...summary, drift }, progress: 1, eta_seconds: 0 };
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

/** From the mean rate since the run was opened; null until there is one. */
function etaSeconds(openedAt: string, rowsDone: number, rowsPending: number): number | null {
  if (rowsDone === 0) return null;
  const elapsedSeconds = (Date.now() - Date.parse(openedAt)) / 1_000;
  return Math.max(0, Math.round((elapsedSeconds / rowsDone) * rowsPending));
}
