import type { BatchProgress, ProgressCounts } from '@cytoqueue/queue';
import type { BatchRecord, BatchSummary, Manifest, ObjectStore } from '@cytoqueue/storage';
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

/**
 * A batch as its tenant sees it: what the store holds, with live counts from Redis on top while it runs.
 * @throws ObjectNotFoundError
 */
export async function viewBatch(services: { store: ObjectStore; progress: BatchProgress }, tenant: string, id: string): Promise<BatchView> {
  const stored = await readBatch(services.store, tenant, id);
  const { record, run, end } = stored;
  if (end !== undefined) {
    const { status, counts, summary, changed_rows } = end.manifest;
    return { ...describe(record, changed_rows), status, completed_at: end.completedAt, counts, summary, progress: 1, eta_seconds: 0 };
  }
  // Redis is an index that can be lost: without it the batch is shown as it was accepted.
  const live = await services.progress.read(id, run).catch(() => undefined);
  return { ...describe(record), ...liveView(stored, live) };
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

function liveView(stored: StoredBatch, live: LiveCounts | undefined) {
  const { record, opened } = stored;
  const kept = { ...opened?.kept.counts, ...opened?.kept.summary } as Partial<ProgressCounts>;
  const sum = (field: keyof ProgressCounts) => (live?.[field] ?? 0) + (kept[field] ?? 0);
  const succeeded = sum('succeeded');
  const rejected = sum('rejected');
  const done = Math.min(succeeded + rejected, record.rows);
  const progress = Math.min(done / record.rows, ALMOST);
  const summary: BatchSummary = {
    benign: sum('benign'),
    malignant: sum('malignant'),
    indeterminate: sum('indeterminate'),
    missing_features: sum('missing_features'),
  };
  return {
    status: liveStatus(stored, live),
    counts: { total: record.rows, pending: record.rows - done, succeeded, rejected, failed: 0 },
    summary,
    progress,
    eta_seconds: etaSeconds(opened?.opened_at ?? record.created_at, (live?.succeeded ?? 0) + (live?.rejected ?? 0), record.rows - done),
  };
}

function liveStatus({ cancelWished }: StoredBatch, live: LiveCounts | undefined): BatchView['status'] {
  if (cancelWished) return 'canceling';
  if (live?.finalizing === true) return 'finalizing';
  return (live?.shards ?? 0) > 0 ? 'processing' : 'queued';
}

/** From the mean rate since the run was opened; null until there is one. */
function etaSeconds(openedAt: string, rowsDone: number, rowsPending: number): number | null {
  if (rowsDone === 0) return null;
  const elapsedSeconds = (Date.now() - Date.parse(openedAt)) / 1_000;
  return Math.max(0, Math.round((elapsedSeconds / rowsDone) * rowsPending));
}
