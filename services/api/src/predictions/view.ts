import type { Producer } from '@cytoqueue/queue';
import { ObjectKeys, ObjectNotFoundError, type ObjectStore, type PredictionEnd, type PredictionRequest, openDocument } from '@cytoqueue/storage';
import { readJsonObject } from '../http/stored-json';

export interface PredictionView {
  id: string;
  status: PredictionEnd['status'] | 'queued' | 'processing';
  [field: string]: unknown;
}

export function predictionLink(id: string): string {
  return `/v1/predictions/${id}`;
}

/**
 * A prediction as its tenant sees it: what the store holds, with the live state from Redis on top while there is no result.
 * It is there for its tenant from its pending marker on: one whose request died before that was never accepted.
 * @throws ObjectNotFoundError when the tenant has no such prediction
 */
export async function viewPrediction(services: { store: ObjectStore; producer: Producer }, tenant: string, id: string): Promise<PredictionView> {
  const { store } = services;
  const key = ObjectKeys.predictionRequest(tenant, id);
  const [request, end] = await Promise.all([
    store.get(key).then((bytes) => openDocument<PredictionRequest>(key, bytes)),
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
  const [end, info] = await Promise.all([readJsonObject<PredictionEnd>(store, key), store.head(key)]);
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

export function isFinished(status: PredictionView['status']): boolean {
  return status !== 'queued' && status !== 'processing';
}
