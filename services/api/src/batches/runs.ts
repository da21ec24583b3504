import { type BatchRecord, type Manifest, ObjectKeys, type ObjectStore, type RunRecord, newestRun, openDocument } from '@cytoqueue/storage';
import { readJsonObject } from '../http/stored-json';

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
}

/** One listing says which run is the newest and what it has. @throws ObjectNotFoundError when the tenant has no such batch */
export async function readBatch(store: ObjectStore, tenant: string, id: string): Promise<StoredBatch> {
  const recordKey = ObjectKeys.batchRecord(tenant, id);
  const [recordBytes, { run, objects }] = await Promise.all([
    store.get(recordKey),
    newestRun(store, tenant, id),
  ]);
  const find = (key: string) => objects.find((object) => object.key === key);
  const manifestKey = ObjectKeys.runManifest(tenant, id, run);
  const manifestInfo = find(manifestKey);
  const [opened, manifest] = await Promise.all([
    find(ObjectKeys.runRecord(tenant, id, run)) && readJsonObject<RunRecord>(store, ObjectKeys.runRecord(tenant, id, run)),
    manifestInfo && readJsonObject<Manifest>(store, manifestKey),
  ]);
  return {
    record: openDocument<BatchRecord>(recordKey, recordBytes),
    run,
    opened,
    cancelWished: find(ObjectKeys.runCancel(tenant, id, run)) !== undefined,
    end: manifest && manifestInfo && { manifest, completedAt: manifestInfo.modifiedAt.toISOString() },
  };
}
