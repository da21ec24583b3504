import type { JobProducer } from '@cytoqueue/queue';
import {
  type DamageReport,
  ObjectKeys,
  type PredictionCompletion,
  type PredictionRequest,
  findDocument,
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
 * A prediction as its tenant sees it: what the store holds, with the live state from Redis on top while there is no result.
 * It is there for its tenant from its pending marker on: one whose request died before that was never accepted.
 * A prediction of which a document is damaged is shown as failed, with the reason.
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

/** The same for a list: undefined for one that is gone, and one that cannot be read is shown as failed, with the reason. */
export async function viewListedPrediction(
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
    return viewOfId(id, {
      code: 'object-unreadable',
      detail: 'A stored document of this record cannot be read at the moment. The operators were alerted.',
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
  const state = await deps.producer.predictionState(id).catch(() => 'unknown');
  if (state === 'unknown') return readResponseFromStore(store, tenant, request);
  // A job that ended after we looked for its result is not waiting again.
  if (state !== 'queued') return { ...toBaseResponse(request), status: 'processing' };
  const position = await deps.producer.predictionPosition(id).catch(() => undefined);
  return { ...toBaseResponse(request), status: 'queued', queue_position: position ?? null };
}

/** With what is left of it: the request, when that is not the damaged one. */
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
  return viewOfId(id, error);
}

/** Without the request only the id is left, which holds the time of acceptance. */
function viewOfId(id: string, error: { code: string; detail: string }): PredictionResponse {
  const created_at = new Date(idTimeMs('pred_', id) ?? 0).toISOString();
  const model = { name: 'unknown', version: 'unknown', digest: `sha256:${'0'.repeat(64)}` };
  return { id, status: 'failed', created_at, model, features: {}, error, links: { self: predictionLink(id) } };
}

/** Redis is an index that can be lost: without it, or without the job in it, an accepted record is still waiting. */
async function readResponseFromStore(
  store: ObjectStore,
  tenant: string,
  request: PredictionRequest,
): Promise<PredictionResponse> {
  const key = ObjectKeys.pending(tenant, request.id);
  if ((await store.head(key)) !== undefined)
    return { ...toBaseResponse(request), status: 'queued', queue_position: null };
  // The marker goes last: it may have ended since we looked.
  const finished = await readIfFinished(store, tenant, request);
  if (finished === undefined) throw new ObjectNotFoundError(key);
  return finished;
}

/** The same of a request that is known already; undefined while it has no end. */
export async function readIfFinished(
  store: ObjectStore,
  tenant: string,
  request: PredictionRequest,
): Promise<PredictionResponse | undefined> {
  const completion = await readCompletion(store, tenant, request.id);
  return completion && { ...toBaseResponse(request), ...completion };
}

/** Both questions at once: one after the other they would take an answer that somebody waits for twice as long. */
async function readCompletion(
  store: ObjectStore,
  tenant: string,
  id: string,
): Promise<(PredictionCompletion & { completed_at: string | undefined }) | undefined> {
  const key = ObjectKeys.predictionResult(tenant, id);
  const [completion, info] = await Promise.all([
    findDocument<PredictionCompletion>(store, key, predictionCompletionShape),
    store.head(key),
  ]);
  return (
    completion && {
      ...withoutFormat(completion),
      completed_at: (info ?? (await store.head(key)))?.modifiedAt.toISOString(),
    }
  );
}

function withoutFormat<T extends PredictionCompletion>(completion: T): T {
  const { format: _, ...shown } = completion as T & { format?: number };
  return shown as unknown as T;
}

function toBaseResponse(request: PredictionRequest) {
  const { operating_point: _, idempotency_sha256: _key, ...shown } = request;
  return { ...shown, links: { self: predictionLink(shown.id) } };
}

/** For an answer that must not fail any more: the state of a record right after its acceptance. */
export function toQueuedResponse(request: PredictionRequest): PredictionResponse {
  return { ...toBaseResponse(request), status: 'queued', queue_position: null };
}

export function isFinished(status: PredictionResponse['status']): boolean {
  return status !== 'queued' && status !== 'processing';
}
