import type { Producer } from '@cytoqueue/queue';
import {
  type DamageReport, ObjectCorruptError, ObjectKeys, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError, type PredictionEnd, type PredictionRequest, findDocument,
  idTimeMs,
  predictionEndShape, predictionRequestShape, readDocument,
} from '@cytoqueue/storage';

export interface PredictionView {
  id: string;
  status: PredictionEnd['status'] | 'queued' | 'processing';
  [field: string]: unknown;
}

export interface PredictionViewServices {
  store: ObjectStore;
  producer: Producer;
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
export async function viewPrediction(services: PredictionViewServices, tenant: string, id: string): Promise<PredictionView> {
  try {
    return await viewIntact(services, tenant, id);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    services.damage.report(ObjectKeys.predictionPrefix(tenant, id), error);
    return damagedView(services.store, tenant, id);
  }
}

/** The same for a list: undefined for one that is gone, and one that cannot be read is shown as failed, with the reason. */
export async function viewListedPrediction(services: PredictionViewServices, tenant: string, id: string): Promise<PredictionView | undefined> {
  try {
    return await viewPrediction(services, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectUnreadableError)) throw error;
    services.damage.report(error.key, error);
    return viewOfId(id, { code: 'object-unreadable', detail: 'A stored document of this record cannot be read at the moment. The operators were alerted.' });
  }
}

async function viewIntact(services: PredictionViewServices, tenant: string, id: string): Promise<PredictionView> {
  const { store } = services;
  const [request, end] = await Promise.all([
    readDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape),
    readEnd(store, tenant, id),
  ]);
  if (end !== undefined) return { ...describe(request), ...end };
  const state = await services.producer.predictionState(id).catch(() => 'unknown');
  if (state === 'unknown') return viewFromStore(store, tenant, request);
  // A job that ended after we looked for its result is not waiting again.
  if (state !== 'queued') return { ...describe(request), status: 'processing' };
  const position = await services.producer.predictionPosition(id).catch(() => undefined);
  return { ...describe(request), status: 'queued', queue_position: position ?? null };
}

/** With what is left of it: the request, when that is not the damaged one. */
async function damagedView(store: ObjectStore, tenant: string, id: string): Promise<PredictionView> {
  const error = { code: 'object-damaged', detail: 'A stored document of this record is damaged. Send the record again.' };
  const request = await readDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape).catch((reason: unknown) => {
    if (reason instanceof ObjectCorruptError) return undefined;
    throw reason;
  });
  if (request !== undefined) return { ...describe(request), status: 'failed', error };
  return viewOfId(id, error);
}

/** Without the request only the id is left, which holds the time of acceptance. */
function viewOfId(id: string, error: { code: string; detail: string }): PredictionView {
  const created_at = new Date(idTimeMs('pred_', id) ?? 0).toISOString();
  const model = { name: 'unknown', version: 'unknown', digest: `sha256:${'0'.repeat(64)}` };
  return { id, status: 'failed', created_at, model, features: {}, error, links: { self: predictionLink(id) } };
}

/** Redis is an index that can be lost: without it, or without the job in it, an accepted record is still waiting. */
async function viewFromStore(store: ObjectStore, tenant: string, request: PredictionRequest): Promise<PredictionView> {
  const key = ObjectKeys.pending(tenant, request.id);
  if ((await store.head(key)) !== undefined) return { ...describe(request), status: 'queued', queue_position: null };
  // The marker goes last: it may have ended since we looked.
  const finished = await viewIfFinished(store, tenant, request);
  if (finished === undefined) throw new ObjectNotFoundError(key);
  return finished;
}

/** The same of a request that is known already; undefined while it has no end. */
export async function viewIfFinished(store: ObjectStore, tenant: string, request: PredictionRequest): Promise<PredictionView | undefined> {
  const end = await readEnd(store, tenant, request.id);
  return end && { ...describe(request), ...end };
}

/** Both questions at once: one after the other they would take an answer that somebody waits for twice as long. */
async function readEnd(store: ObjectStore, tenant: string, id: string): Promise<(PredictionEnd & { completed_at: string | undefined }) | undefined> {
  const key = ObjectKeys.predictionResult(tenant, id);
  const [end, info] = await Promise.all([findDocument<PredictionEnd>(store, key, predictionEndShape), store.head(key)]);
  return end && { ...withoutFormat(end), completed_at: (info ?? (await store.head(key)))?.modifiedAt.toISOString() };
}

function withoutFormat<T extends PredictionEnd>(end: T): T {
  const { format: _, ...shown } = end as T & { format?: number };
  return shown as unknown as T;
}

function describe(request: PredictionRequest) {
  const { operating_point: _, ...shown } = request;
  return { ...shown, links: { self: predictionLink(shown.id) } };
}

/** For an answer that must not fail any more: the state of a record right after its acceptance. */
export function queuedView(request: PredictionRequest): PredictionView {
  return { ...describe(request), status: 'queued', queue_position: null };
}

export function isFinished(status: PredictionView['status']): boolean {
  return status !== 'queued' && status !== 'processing';
}
