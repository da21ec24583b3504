import type { JobProducer } from '@cytoqueue/queue';
import {
  type DamageReport,
  ObjectKeys,
  type PredictionCompletion,
  type PredictionRequest,
  findTimedDocument,
  idTimeMs,
  predictionCompletionShape,
  predictionRequestShape,
  readDocument,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';

export interface PredictionResponse {
  id: string;
  status: PredictionCompletion['status'] | 'queued' | 'processing';
  [field: string]: unknown;
}

export interface PredictionResponseDeps {
  store: ObjectStore;
  producer: JobProducer;
  damage: DamageReport;
}

export function predictionLink(id: string): string {
  return `/v1/predictions/${id}`;
}

/**
 * Reads a prediction from the store, with the live state from Redis while there is no result. A prediction exists once
 * its pending marker is written: a request that crashed before that was never accepted. A prediction with a damaged
 * document is shown as failed, with the reason.
 * @throws ObjectNotFoundError when the tenant has no such prediction
 */
export async function readPredictionResponse(
  deps: PredictionResponseDeps,
  tenant: string,
  id: string,
): Promise<PredictionResponse> {
  try {
    return await readIntactResponse(deps, tenant, id);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    deps.damage.report(ObjectKeys.predictionFolder(tenant, id), error);
    return readDamagedResponse(deps.store, tenant, id);
  }
}

/**
 * Reads a prediction for a list: undefined when it was removed; an unreadable one is shown as failed, with the reason.
 */
export async function readListedPrediction(
  deps: PredictionResponseDeps,
  tenant: string,
  id: string,
): Promise<PredictionResponse | undefined> {
  try {
    return await readPredictionResponse(deps, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectUnreadableError)) throw error;
    deps.damage.report(error.key, error);
    return toUnreadableResponse(id, {
      code: 'object-unreadable',
      detail: 'A stored document of this record cannot be read at the moment. The operators have been alerted.',
    });
  }
}

async function readIntactResponse(
  deps: PredictionResponseDeps,
  tenant: string,
  id: string,
): Promise<PredictionResponse> {
  const { store } = deps;
  const [request, completion] = await Promise.all([
    readDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape),
    readCompletion(store, tenant, id),
  ]);
  if (completion !== undefined) return { ...toBaseResponse(request), ...completion };
  const state = await deps.producer.singleRecords.state(id).catch(() => 'unknown');
  if (state === 'unknown') return readResponseFromStore(store, tenant, request);
  // A job may have finished since the result was looked up; it must not appear as queued again.
  if (state !== 'queued') return { ...toBaseResponse(request), status: 'processing' };
  const position = await deps.producer.singleRecords.position(id).catch(() => undefined);
  return { ...toBaseResponse(request), status: 'queued', queue_position: position ?? null };
}

/** Shows a damaged prediction with its `request.json`, unless that is the damaged document. */
async function readDamagedResponse(store: ObjectStore, tenant: string, id: string): Promise<PredictionResponse> {
  const error = {
    code: 'object-damaged',
    detail: 'A stored document of this record is damaged. Send the record again.',
  };
  const request = await readDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape).catch(
    (reason: unknown) => {
      if (reason instanceof ObjectCorruptError) return undefined;
      throw reason;
    },
  );
  if (request !== undefined) return { ...toBaseResponse(request), status: 'failed', error };
  return toUnreadableResponse(id, error);
}

/** Shows what the id alone tells: it contains the time of acceptance. */
function toUnreadableResponse(id: string, error: { code: string; detail: string }): PredictionResponse {
  const created_at = new Date(idTimeMs('pred_', id) ?? 0).toISOString();
  const model = { name: 'unknown', version: 'unknown', digest: `sha256:${'0'.repeat(64)}` };
  return { id, status: 'failed', created_at, model, features: {}, error, links: { self: predictionLink(id) } };
}

/** Redis may be unavailable or have lost the job: the pending marker shows that an accepted record is still waiting. */
async function readResponseFromStore(
  store: ObjectStore,
  tenant: string,
  request: PredictionRequest,
): Promise<PredictionResponse> {
  const key = ObjectKeys.pending(tenant, request.id);
  const marker = await store.head(key);
  // In this order: the job may have ended since the first look for a result, which is stored before the marker is deleted.
  const finished = await readIfFinished(store, tenant, request);
  if (finished !== undefined) return finished;
  if (marker === undefined) throw new ObjectNotFoundError(key);
  return { ...toBaseResponse(request), status: 'queued', queue_position: null };
}

/** Reads a prediction whose `request.json` is already known; undefined until it is finished. */
export async function readIfFinished(
  store: ObjectStore,
  tenant: string,
  request: PredictionRequest,
): Promise<PredictionResponse | undefined> {
  const completion = await readCompletion(store, tenant, request.id);
  return completion && { ...toBaseResponse(request), ...completion };
}

/**
 * The time of the completion is that of its object. The completion holds none, so that a redelivery writes the same
 * bytes.
 */
async function readCompletion(
  store: ObjectStore,
  tenant: string,
  id: string,
): Promise<(PredictionCompletion & { completed_at: string }) | undefined> {
  const key = ObjectKeys.predictionCompletion(tenant, id);
  const found = await findTimedDocument<PredictionCompletion>(store, key, predictionCompletionShape);
  return found && { ...toShownCompletion(found.document), completed_at: found.modifiedAt.toISOString() };
}

function toShownCompletion<T extends PredictionCompletion>(completion: T): T {
  const { format: _, id: _id, ...shown } = completion as T & { format?: number; id?: string };
  return shown as unknown as T;
}

function toBaseResponse(request: PredictionRequest) {
  const { operating_point: _, idempotency_sha256: _key, ...shown } = request;
  return { ...shown, links: { self: predictionLink(shown.id) } };
}

export function isFinished(status: PredictionResponse['status']): boolean {
  return status !== 'queued' && status !== 'processing';
}
