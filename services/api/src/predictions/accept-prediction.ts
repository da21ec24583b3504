/*
 * Write order: idempotency claim, `request.json` and pending marker (the commit point), job, response. After the commit
 * point the response is 202, or 201 with the result, even when the job cannot be enqueued at once: the reconciler or a
 * repeated request enqueues it. If the request has no idempotency key and a write fails, or Redis refuses new jobs
 * meanwhile, `request.json` and the marker are deleted, although the marker may already be stored: the client receives an
 * error and sends the record again. With a key nothing is rolled back.
 */
import type { JobProducer } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import { parseRecord } from '@cytoqueue/schema';
import {
  type DamageReport,
  ObjectKeys,
  type PredictionRequest,
  createId,
  findDocument,
  idTimeMs,
  predictionRequestShape,
  sealDocument,
  putOrReadDocument,
  putPredictionPending,
} from '@cytoqueue/records';
import { type ObjectStore, allSettledOrThrow } from '@cytoqueue/storage';
import { type Background, ENQUEUE_RETRY_MS } from '../concurrency/background';
import { type IdempotencyKeys, keyDigest, payloadDigest } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import { type SettingsReader, applySettings } from '../settings/settings-reader';
import type { PredictionBody } from './openapi';

/** A record is stored within this time after its key was claimed, or not at all. */
const MAX_ACCEPTANCE_MS = 60_000;

export interface PredictionDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  idempotency: IdempotencyKeys;
  background: Background;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'isExpired'>;
  tenantSettings: SettingsReader;
}

export interface AcceptanceOutcome {
  /** `request.json`, as it is stored. */
  accepted: PredictionRequest;
  /** False for a repeated request, whose prediction may be in any state. */
  isNew: boolean;
}

interface KeyClaim {
  readonly key: string;
  readonly payloadSha256: string;
}

/**
 * Accepts a record. Requests with the same idempotency key all return the first one's prediction, until that has
 * expired or was deleted.
 * @throws SchemaError, UnknownModelError, NoChampionError, ModelFileError, ModelDigestError, StoreUnavailableError,
 *   QueueUnavailableError, Problem 409 for damaged settings, Problem 422 for a key that was used for another record
 */
export async function acceptPrediction(
  deps: PredictionDeps,
  tenant: string,
  body: PredictionBody,
  key?: string,
): Promise<AcceptanceOutcome> {
  if (key === undefined) {
    const document = await createDocument(deps, tenant, body);
    return { accepted: await acceptWithoutKey(deps, tenant, document), isNew: true };
  }
  // The key is bound to the payload as sent, before settings are filled in, so that a repeat still matches after the
  // settings change. Earlier releases hashed `default` for an omitted operating point; the same here keeps their keys valid.
  // The tag 'prediction' distinguishes a record from a batch or training that was sent with the same key.
  const payload = ['prediction', { ...body, operating_point: body.operating_point ?? 'default' }];
  const claim = { key, payloadSha256: payloadDigest(payload) };
  let document: PredictionRequest;
  try {
    document = await createDocument(deps, tenant, body);
  } catch (error) {
    // Settings and models may have changed since an earlier request with the key was accepted.
    const accepted = await findAccepted(deps, tenant, claim);
    if (accepted === undefined) throw error;
    return repeatAcceptance(deps, tenant, accepted);
  }
  return acceptWithKey(deps, tenant, document, claim);
}

/** The record with the tenant's settings, and its values as the model's schema reads them. */
async function createDocument(
  { tenantSettings, registry }: PredictionDeps,
  tenant: string,
  body: PredictionBody,
): Promise<PredictionRequest> {
  const { model: modelReference, operating_point } = await applySettings(tenantSettings, tenant, body);
  const { model, pin } = await registry.load(modelReference, tenant);
  const features = parseRecord(
    body.features,
    body.missing === 'reject' ? { ...model.schema, maxMissing: 0 } : model.schema,
  );
  return {
    id: createId('pred_'),
    created_at: new Date().toISOString(),
    sample_id: body.sample_id,
    model: pin,
    operating_point,
    features,
  };
}

async function acceptWithoutKey(
  deps: PredictionDeps,
  tenant: string,
  document: PredictionRequest,
): Promise<PredictionRequest> {
  const { store, background, producer } = deps;
  // While Redis accepts no jobs, no record is accepted either, and none is stored. When it accepted the last one, it is
  // checked meanwhile, because a clinician is waiting.
  const { wasAvailable } = producer;
  const checking = producer.assertAvailable();
  if (!wasAvailable) await checking;
  try {
    const storing = store.putWithMarker(
      ObjectKeys.predictionRequest(tenant, document.id),
      sealDocument(document),
      ObjectKeys.pending(tenant, document.id),
      { contentType: 'application/json' },
    );
    await allSettledOrThrow([checking, storing]);
  } catch (error) {
    // Either object may have been written. The client gets an error and repeats the record, so delete both.
    await background.tryNowThenRetry('rollback', async () => {
      await store.delete(ObjectKeys.pending(tenant, document.id));
      await store.deletePrefix(ObjectKeys.predictionFolder(tenant, document.id));
    });
    throw error;
  }
  await enqueue(deps, tenant, document.id, false);
  return document;
}

/**
 * Claims the key before anything else is stored. The request that claimed it may have crashed or still be running, so a
 * request with the same key repeats the steps that are not known to be done, under the claimed id; each is idempotent.
 * Nothing is rolled back, because another request may already have returned this id.
 */
async function acceptWithKey(
  deps: PredictionDeps,
  tenant: string,
  document: PredictionRequest,
  claim: KeyClaim,
): Promise<AcceptanceOutcome> {
  const { store, producer } = deps;
  // Checked meanwhile, because a clinician is waiting; the outcome counts below.
  const checking = producer.assertAvailable();
  checking.catch(() => undefined);
  const { id, earlier } = await claimRecord(deps, tenant, document.id, claim);
  if (earlier !== undefined) return repeatAcceptance(deps, tenant, earlier);
  await checking;
  const accepted = await putOrReadDocument(
    store,
    ObjectKeys.predictionRequest(tenant, id),
    // The idempotency key's digest lets a deletion of the record forget the key.
    { ...document, id, idempotency_sha256: keyDigest(claim.key) },
    predictionRequestShape,
    { journal: true },
  );
  await putPredictionPending(store, tenant, id);
  const isNew = id === document.id;
  await enqueue(deps, tenant, id, !isNew);
  return { accepted, isNew };
}

/** Repeats the steps of a stored record that are not known to be done. */
async function repeatAcceptance(
  deps: PredictionDeps,
  tenant: string,
  accepted: PredictionRequest,
): Promise<AcceptanceOutcome> {
  const { store, producer } = deps;
  const { id } = accepted;
  const outcome = { accepted, isNew: false };
  if ((await store.head(ObjectKeys.predictionCompletion(tenant, id))) !== undefined) return outcome;
  // A pending record is already accepted, so a repeated request succeeds even without Redis.
  if ((await store.head(ObjectKeys.pending(tenant, id))) === undefined) {
    await producer.assertAvailable();
    await putPredictionPending(store, tenant, id);
  }
  await enqueue(deps, tenant, id, true);
  return outcome;
}

/** The record that an earlier request with the key and the same payload has stored, if there is one. */
async function findAccepted(
  { store, idempotency, retention }: PredictionDeps,
  tenant: string,
  { key, payloadSha256 }: KeyClaim,
): Promise<PredictionRequest | undefined> {
  const earlier = await idempotency.find(tenant, key);
  if (earlier?.payload_sha256 !== payloadSha256 || retention.isExpired(earlier.id)) return undefined;
  return findDocument(store, ObjectKeys.predictionRequest(tenant, earlier.id), predictionRequestShape);
}

/** Claims the key. @returns `newId`, or the id of an earlier request with the key, and its record if that is stored */
async function claimRecord(
  { store, idempotency, retention }: PredictionDeps,
  tenant: string,
  newId: string,
  { key, payloadSha256 }: KeyClaim,
): Promise<{ id: string; earlier?: PredictionRequest }> {
  const claim = { id: newId, payload_sha256: payloadSha256 };
  let id = await idempotency.claim(tenant, key, claim);
  while (id !== newId) {
    const earlier = await findDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape);
    // An id contains its time of creation. A key can outlive its record by some hours; a record under the expired id would
    // be deleted at once. And one under an id that was claimed a while ago would be missing where records are listed by
    // status and counted by day, which take it that no older id appears.
    if (!retention.isExpired(id) && (earlier !== undefined || !isOld(id))) return { id, earlier };
    id = await idempotency.reclaim(id, tenant, key, claim);
  }
  return { id };
}

function isOld(id: string): boolean {
  return Date.now() - (idTimeMs('pred_', id) ?? 0) > MAX_ACCEPTANCE_MS;
}

/**
 * Resolves after the first attempt and never rejects, because the record is accepted. A failed attempt is repeated in the
 * background; the reconciler enqueues the job if this process ends first.
 * @param mayHaveJob for a record that another request may have enqueued
 */
async function enqueue(deps: PredictionDeps, tenant: string, id: string, mayHaveJob: boolean): Promise<void> {
  let isFirst = !mayHaveJob;
  const attempt = async () => {
    // Redis may have added the job of a failed attempt.
    const add = isFirst
      ? deps.producer.enqueuePrediction({ tenant, predictionId: id })
      : enqueueAgain(deps, tenant, id);
    isFirst = false;
    await add;
  };
  await deps.background.tryNowThenRetry('enqueue prediction', attempt, { giveUpAfterMs: ENQUEUE_RETRY_MS });
}

/** Enqueues a record unless it has a job or has ended: another job would count it again. */
async function enqueueAgain({ store, producer }: PredictionDeps, tenant: string, predictionId: string): Promise<void> {
  if (await producer.singleRecords.canFinish(predictionId)) return;
  if ((await store.head(ObjectKeys.predictionCompletion(tenant, predictionId))) !== undefined) return;
  await producer.singleRecords.addAgain({ tenant, predictionId });
}
