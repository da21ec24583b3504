import {
  type BatchDocument,
  type ManifestDocument,
  ObjectKeys,
  type RunDocument,
  emptyCounts,
  sumShardCounts,
  summarize,
  manifestShape,
  readLatestRun,
  parseBatchDocument,
  readDocument,
  runDocumentShape,
  readDocumentBytes,
  putPending,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';

/** A stored batch: the accepted upload and the state of its newest run. */
export interface StoredBatch {
  batch: BatchDocument;
  run: number;
  /** Present if a retry opened the run. */
  runDocument: RunDocument | undefined;
  /**
   * True once a retry or finalizer has written something, which happens only to accepted batches. False for a first run
   * that has not reached its finalizer.
   */
  provesAcceptance: boolean;
  /** A caller has requested cancellation of the newest run. */
  cancelRequested: boolean;
  /** Present once the run has a manifest. */
  finished: { manifest: ManifestDocument; completedAt: string } | undefined;
  /**
   * Present if a document of the newest run is damaged: the manifest, which is then rebuilt from the shards, or
   * `run.json`, instead of which the shards are counted.
   */
  damage: ObjectCorruptError | undefined;
}

/**
 * Reads a batch; one listing usually finds the newest run and its objects.
 * @throws ObjectNotFoundError when the tenant has no such batch, ObjectCorruptError when `batch.json` is damaged
 */
export async function readBatch(store: ObjectStore, tenant: string, id: string): Promise<StoredBatch> {
  const batchKey = ObjectKeys.batchDocument(tenant, id);
  const [batch, { run, objects }] = await Promise.all([
    readDocumentBytes(store, batchKey).then((bytes) => parseBatchDocument(batchKey, bytes)),
    readLatestRun(store, tenant, id),
  ]);
  const find = (key: string) => objects.find((object) => object.key === key);
  const manifestInfo = find(ObjectKeys.runManifest(tenant, id, run));
  const [runDocument, manifest] = await Promise.all([
    find(ObjectKeys.runDocument(tenant, id, run)) &&
      orCorruptError(readDocument(store, ObjectKeys.runDocument(tenant, id, run), runDocumentShape)),
    manifestInfo && orCorruptError(readDocument(store, manifestInfo.key, manifestShape)),
  ]);
  const isManifestDamaged = manifest instanceof ObjectCorruptError;
  const effectiveManifest = isManifestDamaged ? await manifestFromShards(store, tenant, batch, run) : manifest;
  return {
    batch,
    run,
    runDocument: runDocument instanceof ObjectCorruptError ? undefined : runDocument,
    provesAcceptance: run > 1 || objects.some(({ key }) => key !== ObjectKeys.runCancel(tenant, id, run)),
    cancelRequested: find(ObjectKeys.runCancel(tenant, id, run)) !== undefined,
    finished: effectiveManifest &&
      manifestInfo && { manifest: effectiveManifest, completedAt: manifestInfo.modifiedAt.toISOString() },
    damage: isManifestDamaged ? manifest : runDocument instanceof ObjectCorruptError ? runDocument : undefined,
  };
}

/**
 * Writes the pending marker of an unfinished run again if it is lost. The marker is deleted only after the manifest is
 * stored, so a run with neither has lost one of them: restoring the marker lets the reconciler finish it.
 */
export async function restorePendingMarker(
  store: ObjectStore,
  tenant: string,
  id: string,
  { run, finished, provesAcceptance }: StoredBatch,
): Promise<void> {
  if (finished === undefined && provesAcceptance) await ensurePendingMarker(store, tenant, id, run);
}

export async function ensurePendingMarker(store: ObjectStore, tenant: string, id: string, run: number): Promise<void> {
  if ((await store.head(ObjectKeys.pending(tenant, id, run))) === undefined) await putPending(store, tenant, id, run);
}

async function orCorruptError<T>(reading: Promise<T>): Promise<T | ObjectCorruptError> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ObjectCorruptError) return error;
    throw error;
  }
}

/**
 * Replaces a damaged manifest by the shards' counts: the run is shown as failed, and a retry writes its files again.
 */
async function manifestFromShards(
  store: ObjectStore,
  tenant: string,
  { id, rows }: BatchDocument,
  run: number,
): Promise<ManifestDocument> {
  const scored = await sumShardCounts(store, tenant, id).catch((error: unknown) => {
    if (error instanceof ObjectCorruptError) return emptyCounts();
    throw error;
  });
  const { succeeded, rejected } = scored;
  const counts = { total: rows, pending: 0, succeeded, rejected, failed: Math.max(0, rows - succeeded - rejected) };
  return {
    run,
    status: 'failed',
    counts,
    summary: summarize(scored),
    failed_shards: [],
  };
}
