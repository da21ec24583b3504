/*
 * Write order: idempotency claim, request and pending marker (the commit point), job, response. After the commit point
 * the request succeeds (202, or 201 with the result) even when the job cannot be enqueued at once: the reconciler or a
 * repeated request enqueues it. After a failed write without a key, request and marker are deleted, although the marker
 * may already be stored: the client receives an error and repeats the record. With a key nothing is rolled back.
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
  predictionRequestShape,
  sealDocument,
  putOrReadDocument,
  putPending,
} from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import { type Background, ENQUEUE_RETRY_MS } from '../concurrency/background';
import { type IdempotencyKeys, keyDigest, payloadDigest } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import { type SettingsReader, applySettings } from '../settings/settings-reader';
import type { PredictionBody } from './openapi';

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
  request: PredictionRequest;
  /** False for a repeated request, whose prediction may be in any state. */
  isNew: boolean;
}

/**
 * Accepts a record. Requests with the same idempotency key all return the first one's prediction.
 * @throws SchemaError, UnknownModelError, NoChampionError, ModelFileError, ModelDigestError, StoreUnavailableError,
 *   QueueUnavailableError, Problem 409 for damaged settings, Problem 422 for a key that was used for another record
 */
export async function acceptPrediction(
  deps: PredictionDeps,
  tenant: string,
  body: PredictionBody,
  key?: string,
): Promise<AcceptanceOutcome> {
  const { model: modelReference, operating_point } = await applySettings(deps.tenantSettings, tenant, body);
  const { model, pin } = await deps.registry.load(modelReference, tenant);
  const features = parseRecord(
    body.features,
    body.missing === 'reject' ? { ...model.schema, maxMissing: 0 } : model.schema,
  );
  const request: PredictionRequest = {
    id: createId('pred_'),
    created_at: new Date().toISOString(),
    sample_id: body.sample_id,
    model: pin,
    operating_point,
    features,
  };
  if (key === undefined) return { request: await acceptWithoutKey(deps, tenant, request), isNew: true };
  // The key is bound to the payload as sent, before settings are filled in, so that a repeat still matches after the
  // settings change. `default` is filled in because releases that had no tenant settings hashed `default` here.
  const payload = { ...body, operating_point: body.operating_point ?? 'default' };
  return acceptWithKey(deps, tenant, request, { key, payload: ['prediction', payload] });
}

async function acceptWithoutKey(
  deps: PredictionDeps,
  tenant: string,
  request: PredictionRequest,
): Promise<PredictionRequest> {
  const { store, background, producer } = deps;
  await producer.assertAvailable();
  try {
    await store.putWithMarker(
      ObjectKeys.predictionRequest(tenant, request.id),
      sealDocument(request),
      ObjectKeys.pending(tenant, request.id),
      { contentType: 'application/json' },
    );
  } catch (error) {
    // Either object may have been written. The client gets an error and repeats the record, so delete both.
    await background.run('rollback', async () => {
      await store.delete(ObjectKeys.pending(tenant, request.id));
      await store.deletePrefix(ObjectKeys.predictionFolder(tenant, request.id));
    });
    throw error;
  }
  await enqueue(deps, tenant, request.id);
  return request;
}

/**
 * Claims the key before anything else is stored. The request that claimed it may have crashed or still be running, so a
 * request with the same key repeats the steps that are not known to be done, under the claimed id; each is idempotent.
 * Nothing is rolled back, because another request may already have returned this id.
 */
async function acceptWithKey(
  deps: PredictionDeps,
  tenant: string,
  request: PredictionRequest,
  { key, payload }: { key: string; payload: unknown },
): Promise<AcceptanceOutcome> {
  const { store, idempotency, producer, retention } = deps;
  const claim = { id: request.id, payload_sha256: payloadDigest(payload) };
  let id = await idempotency.claim(tenant, key, claim);
  // A key can outlive its record by some hours; a record under the expired id would be deleted at once.
  while (retention.isExpired(id)) id = await idempotency.reclaim(id, tenant, key, claim);
  const requestKey = ObjectKeys.predictionRequest(tenant, id);
  const earlier = id === request.id ? undefined : await findDocument(store, requestKey, predictionRequestShape);
  const isFinished =
    earlier !== undefined && (await store.head(ObjectKeys.predictionCompletion(tenant, id))) !== undefined;
  if (isFinished) return { request: earlier, isNew: false };
  // A pending record is already accepted, so a repeated request succeeds even without Redis.
  const isPending = earlier !== undefined && (await store.head(ObjectKeys.pending(tenant, id))) !== undefined;
  if (!isPending) await producer.assertAvailable();
  const stored =
    earlier ??
    (await putOrReadDocument(
      store,
      requestKey,
      { ...request, id, idempotency_sha256: keyDigest(key) },
      predictionRequestShape,
    ));
  if (!isPending) await putPending(store, tenant, id);
  await enqueue(deps, tenant, id);
  return { request: stored, isNew: id === request.id };
}

/** Retries in the background; the reconciler takes over if this process ends first. The request is accepted either way. */
async function enqueue({ producer, background }: PredictionDeps, tenant: string, predictionId: string): Promise<void> {
  await background.run('enqueue prediction', () => producer.enqueuePrediction({ tenant, predictionId }), {
    giveUpAfterMs: ENQUEUE_RETRY_MS,
  });
}
