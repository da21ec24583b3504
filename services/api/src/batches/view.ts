import type { BatchProgress, ProgressCounts } from '@cytoqueue/queue';
import { type BatchRecord, type Manifest, ObjectKeys, type ObjectStore } from '@cytoqueue/storage';
import { readJsonObject } from '../predictions/view';

export interface BatchView {
  id: string;
  status: Manifest['status'] | 'queued' | 'processing' | 'finalizing';
  progress: number;
  [field: string]: unknown;
}

/** A batch's record and, once it is finished, how its newest run ended. */
export interface StoredBatch {
  record: BatchRecord;
  run: number;
  end: { manifest: Manifest; completedAt: string } | undefined;
}

const RUN = 1;
/** Shown as the most there can be before the end: only a finished batch is at 1. */
const ALMOST = 0.999;

export function batchLink(id: string): string {
  return `/v1/batches/${id}`;
}

/** @throws ObjectNotFoundError when the tenant has no such batch */
export async function readBatch(store: ObjectStore, tenant: string, id: string): Promise<StoredBatch> {
  const manifestKey = ObjectKeys.runManifest(tenant, id, RUN);
  const [record, manifest] = await Promise.all([
    store.get(ObjectKeys.batchRecord(tenant, id)).then((bytes) => JSON.parse(bytes.toString()) as BatchRecord),
    readJsonObject<Manifest>(store, manifestKey),
  ]);
  if (manifest === undefined) return { record, run: RUN, end: undefined };
  const info = await store.head(manifestKey);
  return { record, run: RUN, end: { manifest, completedAt: (info?.modifiedAt ?? new Date()).toISOString() } };
}

/**
 * A batch as its tenant sees it: what the store holds, with live counts from Redis on top while it runs.
 * @throws ObjectNotFoundError
 */
export async function viewBatch(services: { store: ObjectStore; progress: BatchProgress }, tenant: string, id: string): Promise<BatchView> {
  const { record, run, end } = await readBatch(services.store, tenant, id);
  const base = describe(record);
  if (end !== undefined) {
    const { status, counts, summary, changed_rows } = end.manifest;
    return { ...base, ...describeRescore(record, changed_rows), status, completed_at: end.completedAt, counts, summary, progress: 1, eta_seconds: 0 };
  }
  // Redis is an index that can be lost: without it the batch is shown as it was accepted.
  const live = await services.progress.read(id, run).catch(() => undefined);
  return { ...base, ...describeRescore(record), ...liveView(record, live) };
}

export function isBatchFinished(status: BatchView['status']): boolean {
  return status !== 'queued' && status !== 'processing' && status !== 'finalizing';
}

function describe({ id, created_at, filename, model, input }: BatchRecord) {
  const self = batchLink(id);
  return { id, created_at, filename, model, input_sha256: input.sha256, links: { self, results: `${self}/results`, errors: `${self}/errors` } };
}

function describeRescore({ id, rescores }: BatchRecord, changedRows?: number) {
  if (rescores === undefined) return {};
  const self = batchLink(id);
  const links = { self, results: `${self}/results`, errors: `${self}/errors`, changes: `${self}/changes` };
  return { rescores: { ...rescores, changed_rows: changedRows ?? null }, links };
}

function liveView(record: BatchRecord, live: (ProgressCounts & { finalizing: boolean }) | undefined) {
  const { shards = 0, succeeded = 0, rejected = 0, benign = 0, malignant = 0, indeterminate = 0, missing_features = 0 } = live ?? {};
  const done = Math.min(succeeded + rejected, record.rows);
  const status: BatchView['status'] = live?.finalizing === true ? 'finalizing' : shards > 0 ? 'processing' : 'queued';
  const progress = Math.min(done / record.rows, ALMOST);
  return {
    status,
    counts: { total: record.rows, pending: record.rows - done, succeeded, rejected, failed: 0 },
    summary: { benign, malignant, indeterminate, missing_features },
    progress,
    eta_seconds: etaSeconds(record, progress),
  };
}

/** From the mean rate since the batch was accepted. */
function etaSeconds({ created_at }: BatchRecord, progress: number): number | null {
  if (progress === 0) return null;
  const elapsedSeconds = (Date.now() - Date.parse(created_at)) / 1_000;
  return Math.max(0, Math.round((elapsedSeconds * (1 - progress)) / progress));
}
