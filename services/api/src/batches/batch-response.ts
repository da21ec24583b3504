import type { BatchProgress, LiveProgress, ProgressCounts } from '@cytoqueue/queue';
import {
  type BatchDocument,
  type BatchSummary,
  type DamageReport,
  type ManifestDocument,
  ObjectKeys,
  type RunDocument,
  emptyCounts,
  sumShardCounts,
  summarize,
  idTimeMs,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';
import { type StoredBatch, readBatch, restorePendingMarker } from './read-batch';

export interface BatchResponse {
  id: string;
  status: ManifestDocument['status'] | 'queued' | 'processing' | 'finalizing' | 'canceling';
  progress: number;
  [field: string]: unknown;
}

type LiveCounts = ProgressCounts & { finalizing: boolean };

/** Maximum progress of an unfinished batch: only a finished batch has 1. */
const MAX_LIVE_PROGRESS = 0.999;
const UNFINISHED_STATUSES: readonly string[] = ['queued', 'processing', 'finalizing', 'canceling'];

export function batchLink(id: string): string {
  return `/v1/batches/${id}`;
}

/** Shown when a document of the batch is damaged. */
const DAMAGED_ERROR = {
  code: 'object-damaged',
  detail:
    'A stored document of this batch is damaged. Retry the batch; if that is refused, delete it and upload the file again.',
};

/** Shown in lists when a document cannot be read now: one batch must not hide the others. */
const UNREADABLE = {
  code: 'object-unreadable',
  detail:
    'A stored document of this batch cannot be read at the moment. The operators were alerted. The batch can be deleted.',
};

interface BatchResponseDeps {
  store: ObjectStore;
  damage: DamageReport;
  progress: BatchProgress;
}

/**
 * Reads a batch as its tenant sees it: its stored state, plus live counts from Redis while it runs. A batch exists once its
 * pending marker is stored; an upload that crashed before was never accepted. A batch with a damaged `batch.json` is shown as
 * failed, with the reason.
 * @throws ObjectNotFoundError
 */
export async function readBatchResponse(deps: BatchResponseDeps, tenant: string, id: string): Promise<BatchResponse> {
  return (await readLatestRunResponse(deps, tenant, id)).response;
}

/** For lists: undefined for a deleted batch; an unreadable one is shown as failed, with the reason. */
export async function readListedBatch(
  deps: BatchResponseDeps,
  tenant: string,
  id: string,
): Promise<BatchResponse | undefined> {
  try {
    return await readBatchResponse(deps, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectUnreadableError)) throw error;
    deps.damage.report(error.key, error);
    return toUnreadableResponse(id, UNREADABLE);
  }
}

/** Also returns the run: a retry opens the next one, which may pass through the same states. */
export async function readLatestRunResponse(
  deps: BatchResponseDeps,
  tenant: string,
  id: string,
): Promise<{ run: number; response: BatchResponse }> {
  try {
    return await readResponse(deps, tenant, id);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    deps.damage.report(ObjectKeys.batchFolder(tenant, id), error);
    return { run: 1, response: toUnreadableResponse(id, DAMAGED_ERROR) };
  }
}

/** Tolerates a damaged manifest or `run.json`. @throws ObjectCorruptError for a damaged `batch.json` */
async function readResponse(
  deps: BatchResponseDeps,
  tenant: string,
  id: string,
): Promise<{ run: number; response: BatchResponse }> {
  const stored = await readBatch(deps.store, tenant, id);
  const { run } = stored;
  if (stored.damage !== undefined) deps.damage.report(ObjectKeys.runFolder(tenant, id, run), stored.damage);
  if (stored.finished !== undefined)
    return {
      run,
      response: {
        ...toFinishedResponse(stored.batch, stored.finished),
        ...(stored.damage && { error: DAMAGED_ERROR }),
      },
    };
  const live = await deps.progress.read(id, run).catch(() => undefined);
  // Redis knows the run, so it was accepted. The counts of the shards that a retry kept must be readable too.
  if (live?.hasAllCounts && stored.damage === undefined)
    return {
      run,
      response: {
        ...toBaseResponse(stored.batch),
        ...toRunningResponse(stored, addKept(live, stored.runDocument)),
      },
    };
  return readResponseFromStore(deps.store, tenant, stored, live);
}

/** Counts the shard objects, because Redis does not have all counts of the run. */
async function readResponseFromStore(
  store: ObjectStore,
  tenant: string,
  stored: StoredBatch,
  live: LiveProgress | undefined,
): Promise<{ run: number; response: BatchResponse }> {
  const { id } = stored.batch;
  const key = ObjectKeys.pending(tenant, id, stored.run);
  if ((await store.head(key)) === undefined) {
    // The marker is deleted after the manifest is stored, so the batch may have finished meanwhile: read it again.
    const latest = await readBatch(store, tenant, id);
    const { batch, run, finished } = latest;
    if (finished !== undefined) return { run, response: toFinishedResponse(batch, finished) };
    if (!latest.provesAcceptance) throw new ObjectNotFoundError(key);
    await restorePendingMarker(store, tenant, id, latest);
  }
  const counted = { ...(await sumShardCounts(store, tenant, id)), finalizing: live?.finalizing ?? false };
  return { run: stored.run, response: { ...toBaseResponse(stored.batch), ...toRunningResponse(stored, counted) } };
}

/** The state of a batch right after its acceptance, for a response that must not fail. */
export function toAcceptedResponse(batch: BatchDocument): BatchResponse {
  const counts = { total: batch.rows, pending: batch.rows, succeeded: 0, rejected: 0, failed: 0 };
  const summary = toSummaryResponse(batch, summarize(emptyCounts()));
  return { ...toBaseResponse(batch), status: 'queued', counts, summary, progress: 0, eta_seconds: null };
}

function toFinishedResponse(
  batch: BatchDocument,
  { manifest, completedAt }: NonNullable<StoredBatch['finished']>,
): BatchResponse {
  const { status, counts, summary, probabilities, changed_rows, drift, agreement, error } = manifest;
  const { psi, notes } = drift ?? {};
  return {
    ...toBaseResponse(batch, changed_rows),
    status,
    completed_at: completedAt,
    counts,
    summary: {
      ...toSummaryResponse(batch, summary),
      probability_histogram: probabilities,
      drift: psi && { psi, notes },
    },
    // Earlier releases stored only psi and notes, and their clients read summary.drift.
    drift: drift?.verdict && drift,
    agreement,
    error,
    progress: 1,
    eta_seconds: 0,
  };
}

/** Without `batch.json` only the id is known, which contains the time of acceptance. */
function toUnreadableResponse(id: string, error: { code: string; detail: string }): BatchResponse {
  const self = batchLink(id);
  return {
    id,
    status: 'failed',
    created_at: new Date(idTimeMs('batch_', id) ?? 0).toISOString(),
    filename: null,
    model: { name: 'unknown', version: 'unknown', digest: `sha256:${'0'.repeat(64)}` },
    counts: { total: 0, pending: 0, succeeded: 0, rejected: 0, failed: 0 },
    summary: { classes: {}, indeterminate: 0, missing_features: 0 },
    progress: 1,
    eta_seconds: 0,
    input_sha256: '',
    error,
    links: { self, results: `${self}/results`, errors: `${self}/errors` },
  };
}

/** Adds the counts of shards that a retry kept: Redis counts only shards scored in the new run. */
function addKept(live: LiveProgress, runDocument: RunDocument | undefined): LiveCounts {
  if (runDocument === undefined) return live;
  const { counts, summary, shards } = runDocument.kept;
  const kept: Partial<Record<string, number>> = { ...counts, ...summary, shards };
  const sums = Object.entries(live).map(([field, value]) => [
    field,
    typeof value === 'number' ? value + (kept[field] ?? 0) : value,
  ]);
  return Object.fromEntries(sums) as unknown as LiveCounts;
}

/** States the counts by the model's labels too, as for models with other labels. */
function toSummaryResponse({ labels }: Pick<BatchDocument, 'labels'>, summary: BatchSummary) {
  const { benign, malignant, confident_benign, confident_malignant, indeterminate, missing_features } = summary;
  const [negative, positive] = labels ?? ['benign', 'malignant'];
  const byClass = {
    classes: { [negative]: benign, [positive]: malignant },
    confident:
      confident_benign === undefined ? undefined : { [negative]: confident_benign, [positive]: confident_malignant },
  };
  return labels === undefined ? { ...summary, ...byClass } : { ...byClass, indeterminate, missing_features };
}

export function isBatchFinished(status: BatchResponse['status']): boolean {
  return !UNFINISHED_STATUSES.includes(status);
}

function toBaseResponse(batch: BatchDocument, changedRows?: number) {
  const { id, created_at, filename, model, options, input, rescores, import: report, warnings, warnings_total } = batch;
  const self = batchLink(id);
  const links = { self, results: `${self}/results`, errors: `${self}/errors` };
  const base = {
    id,
    created_at,
    filename,
    model,
    operating_point: options.operating_point,
    input_sha256: input.sha256,
    import: report,
    warnings,
    warnings_total,
    links,
  };
  if (rescores === undefined) return base;
  return {
    ...base,
    rescores: { ...rescores, changed_rows: changedRows ?? null },
    links: { ...links, changes: `${self}/changes` },
  };
}

function toRunningResponse(stored: StoredBatch, live: LiveCounts) {
  const { batch, runDocument } = stored;
  const { succeeded, rejected } = live;
  const done = succeeded + rejected;
  const doneBefore = (runDocument?.kept.counts.succeeded ?? 0) + (runDocument?.kept.counts.rejected ?? 0);
  return {
    status: runningStatus(stored, live),
    counts: { total: batch.rows, pending: batch.rows - done, succeeded, rejected, failed: 0 },
    summary: toSummaryResponse(batch, summarize(live)),
    progress: Math.min(done / batch.rows, MAX_LIVE_PROGRESS),
    eta_seconds: etaSeconds(runDocument?.opened_at ?? batch.created_at, done - doneBefore, batch.rows - done),
  };
}

function runningStatus({ cancelRequested }: StoredBatch, live: LiveCounts): BatchResponse['status'] {
  if (cancelRequested) return 'canceling';
  if (live.finalizing) return 'finalizing';
  return live.shards > 0 ? 'processing' : 'queued';
}

/** Whole seconds, from the mean rate since the run was opened; null until there is one. */
export function etaSeconds(openedAt: string, rowsDone: number, rowsPending: number, nowMs = Date.now()): number | null {
  if (rowsDone === 0) return null;
  const elapsedSeconds = (nowMs - Date.parse(openedAt)) / 1_000;
  return Math.max(0, Math.round((elapsedSeconds / rowsDone) * rowsPending));
}
