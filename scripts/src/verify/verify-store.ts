import { ConfirmationKeys, ObjectKeys, TrainingKeys, listSegments } from '@cytoqueue/records';
import { type ObjectStore, listFolders, listAll } from '@cytoqueue/storage';
import { Checks, type Finding } from './finding';
import { type VerifyContext, verifyBatch } from './verify-batch';
import { verifyConfirmations, verifyScoredDay } from './verify-confirmations';
import { verifySegment } from './verify-index';
import {
  verifyAccess,
  verifyAudit,
  verifyIdempotency,
  verifyModel,
  verifyPending,
  verifyPrediction,
  verifyReview,
  verifyImportProfile,
  verifySettings,
  verifyShadow,
} from './verify-entries';
import { verifyTraining } from './verify-training';

/** Units (a batch, a record, a model, one object) checked in parallel; each holds one chunk of one object in memory. */
const CONCURRENCY = 8;

export interface VerifyOptions {
  /** Only this tenant's objects. */
  tenant?: string;
  inputRetentionDays: number;
  retentionDays: number;
  onFinding: (finding: Finding) => void;
  onProgress?: (progress: Summary) => void;
}

export interface Summary {
  objects: number;
  bytes: number;
  damaged: number;
}

type WorkUnit = (context: VerifyContext) => Promise<void>;

/**
 * Checks every checksum and count that an installation has stored. Memory is bounded by the objects of one batch, whatever
 * the size of the store. The installation may be running: a unit with a finding is checked a second time, when work that
 * was in progress is consistent or gone.
 * @throws StoreUnavailableError
 */
export async function verifyStore(store: ObjectStore, options: VerifyOptions): Promise<Summary> {
  const summary: Summary = { objects: 0, bytes: 0, damaged: 0 };
  const units = unitsOf(store, options.tenant);
  const work = async (): Promise<void> => {
    for (let next = await units.next(); next.done !== true; next = await units.next()) {
      const checks = await verifyTwice(store, next.value, options);
      summary.objects += checks.objects;
      summary.bytes += checks.bytes;
      summary.damaged += checks.findings.length;
      checks.findings.forEach(options.onFinding);
      options.onProgress?.(summary);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return summary;
}

async function verifyTwice(
  store: ObjectStore,
  unit: WorkUnit,
  { inputRetentionDays, retentionDays }: VerifyOptions,
): Promise<Checks> {
  const verify = async (): Promise<Checks> => {
    const checks = new Checks();
    await unit({ store, checks, inputRetentionDays, retentionDays });
    return checks;
  };
  const first = await verify();
  return first.findings.length === 0 ? first : verify();
}

async function* unitsOf(store: ObjectStore, only: string | undefined): AsyncGenerator<WorkUnit> {
  if (only !== undefined) yield* tenantUnits(store, only);
  else for await (const tenant of listFolders(store, ObjectKeys.tenantsFolder)) yield* tenantUnits(store, tenant);
  for await (const { key } of listAll(
    store,
    only === undefined ? ObjectKeys.pendingFolder : `${ObjectKeys.pendingFolder}${only}/`,
  ))
    yield (context) => verifyPending(context, key);
  for await (const { key } of listAll(store, only === undefined ? 'audit/' : ObjectKeys.auditFolder(only)))
    yield (context) => verifyAudit(context, key);
  for await (const { key } of listAll(
    store,
    only === undefined ? ObjectKeys.accessFolder : ObjectKeys.tenantKeysFolder(only),
  ))
    yield (context) => verifyAccess(context, key);
  for await (const { key } of listAll(
    store,
    only === undefined ? ObjectKeys.settingsFolder : ObjectKeys.tenantSettingsFolder(only),
  ))
    yield (context) => verifySettings(context, key);
  for await (const { key } of listAll(
    store,
    only === undefined ? ObjectKeys.importProfilesRoot : ObjectKeys.importProfilesFolder(only),
  ))
    yield (context) => verifyImportProfile(context, key);
  if (only !== undefined) yield (context) => verifyConfirmations(context, only);
  else
    for await (const tenant of listFolders(store, ConfirmationKeys.folder))
      yield (context) => verifyConfirmations(context, tenant);
  for await (const { key } of listAll(
    store,
    only === undefined ? ConfirmationKeys.scoredFolder : ConfirmationKeys.scoredDaysFolder(only),
  ))
    yield (context) => verifyScoredDay(context, key);
  if (only !== undefined) yield* ownModelUnits(store, only);
  else for await (const tenant of listFolders(store, ObjectKeys.ownModelsRoot)) yield* ownModelUnits(store, tenant);
  if (only !== undefined) return;
  for await (const name of listFolders(store, ObjectKeys.modelsFolder)) yield (context) => verifyModel(context, name);
  for await (const { key } of listAll(store, ObjectKeys.shadowFolder)) yield (context) => verifyShadow(context, key);
}

async function* ownModelUnits(store: ObjectStore, tenant: string): AsyncGenerator<WorkUnit> {
  for await (const name of listFolders(store, ObjectKeys.ownModelsFolder(tenant) + ObjectKeys.modelsFolder))
    yield (context) => verifyModel(context, name, tenant);
}

async function* tenantUnits(store: ObjectStore, tenant: string): AsyncGenerator<WorkUnit> {
  for await (const id of listFolders(store, ObjectKeys.batchesFolder(tenant)))
    yield (context) => verifyBatch(context, tenant, id);
  for await (const id of listFolders(store, ObjectKeys.predictionsFolder(tenant)))
    yield (context) => verifyPrediction(context, tenant, id);
  for await (const id of listFolders(store, TrainingKeys.tenantFolder(tenant)))
    yield (context) => verifyTraining(context, tenant, id);
  for await (const { key } of listAll(store, ObjectKeys.reviewsFolder(tenant)))
    yield (context) => verifyReview(context, key);
  for await (const { key } of listAll(store, ObjectKeys.idempotencyFolder(tenant)))
    yield (context) => verifyIdempotency(context, tenant, key);
  for (const kind of ['predictions', 'batches'] as const) {
    const list = { tenant, kind };
    const segments = await listSegments(store, list);
    for (const [index, segment] of segments.entries())
      yield (context) => verifySegment(context, list, segment, segments[index - 1]?.lastId);
  }
}
