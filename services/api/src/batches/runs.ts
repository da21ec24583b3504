import {
  type BatchRecord, type Manifest, ObjectCorruptError, ObjectKeys, type ObjectStore, type RunRecord, countScoredShards, manifestShape, newestRun, openBatchRecord, readDocument,
  runRecordShape,
} from '@cytoqueue/storage';

/** A batch as the store has it: what was accepted, and how far its newest run has come. */
export interface StoredBatch {
  record: BatchRecord;
  run: number;
  /** Of a run that a retry opened. */
  opened: RunRecord | undefined;
  /** Somebody wished it canceled. */
  cancelWished: boolean;
  /** Once the run is finished. */
  end: { manifest: Manifest; completedAt: string } | undefined;
  /** A document of the newest run is damaged: its manifest, which is replaced by what the shards say, or its `run.json`, which is not needed. */
  damage: ObjectCorruptError | undefined;
}

/**
 * One listing says which run is the newest and what it has.
 * @throws ObjectNotFoundError when the tenant has no such batch, ObjectCorruptError when its description is damaged
 */
export async function readBatch(store: ObjectStore, tenant: string, id: string): Promise<StoredBatch> {
  const recordKey = ObjectKeys.batchRecord(tenant, id);
  const [record, { run, objects }] = await Promise.all([
    store.get(recordKey).then((bytes) => openBatchRecord(recordKey, bytes)),
    newestRun(store, tenant, id),
  ]);
  const find = (key: string) => objects.find((object) => object.key === key);
  const manifestInfo = find(ObjectKeys.runManifest(tenant, id, run));
  const [opened, manifest] = await Promise.all([
    find(ObjectKeys.runRecord(tenant, id, run)) && orDamage(readDocument(store, ObjectKeys.runRecord(tenant, id, run), runRecordShape)),
    manifestInfo && orDamage(readDocument(store, manifestInfo.key, manifestShape)),
  ]);
  const isDamaged = manifest instanceof ObjectCorruptError;
  const ended = isDamaged ? await manifestFromShards(store, tenant, record, run) : manifest;
  return {
    record,
    run,
    opened: opened instanceof ObjectCorruptError ? undefined : opened,
    cancelWished: find(ObjectKeys.runCancel(tenant, id, run)) !== undefined,
    end: ended && manifestInfo && { manifest: ended, completedAt: manifestInfo.modifiedAt.toISOString() },
    damage: isDamaged ? manifest : opened instanceof ObjectCorruptError ? opened : undefined,
  };
}

async function orDamage<T>(reading: Promise<T>): Promise<T | ObjectCorruptError> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ObjectCorruptError) return error;
    throw error;
  }
}

/** What is known of a finished run without its manifest: it is shown as failed, and a retry makes its files again. */
async function manifestFromShards(store: ObjectStore, tenant: string, { id, rows }: BatchRecord, run: number): Promise<Manifest> {
  const none = { succeeded: 0, rejected: 0, benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 };
  const scored = await countScoredShards(store, tenant, id).catch((error: unknown) => {
    if (error instanceof ObjectCorruptError) return none;
    throw error;
  });
  const { succeeded, rejected, benign, malignant, indeterminate, missing_features } = scored;
  const counts = { total: rows, pending: 0, succeeded, rejected, failed: Math.max(0, rows - succeeded - rejected) };
  return { run, status: 'failed', counts, summary: { benign, malignant, indeterminate, missing_features }, failed_shards: [] };
}
