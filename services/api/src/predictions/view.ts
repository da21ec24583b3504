import type { Producer } from '@cytoqueue/queue';
import { ObjectKeys, type ObjectStore, type PredictionEnd, type PredictionRequest } from '@cytoqueue/storage';
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
 * @throws ObjectNotFoundError when the tenant has no such prediction
 */
export async function viewPrediction(services: { store: ObjectStore; producer: Producer }, tenant: string, id: string): Promise<PredictionView> {
  const { store } = services;
  const [request, end] = await Promise.all([
    store.get(ObjectKeys.predictionRequest(tenant, id)).then((bytes) => JSON.parse(bytes.toString()) as PredictionRequest),
    readEnd(store, tenant, id),
  ]);
  return { ...describe(request), ...(end ?? { status: await liveStatus(services.producer, id) }) };
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
  return end && { ...end, completed_at: (info ?? (await store.head(key)))?.modifiedAt.toISOString() };
}

function describe(request: PredictionRequest) {
  const { operating_point: _, ...shown } = request;
  return { ...shown, links: { self: predictionLink(shown.id) } };
}

export function isFinished(status: PredictionView['status']): boolean {
  return status !== 'queued' && status !== 'processing';
}

/**
 * Redis is an index that can be lost: without it, or without the job in it, the record is still waiting.
 * A job that ended after we looked for its result is not waiting again.
 */
async function liveStatus(producer: Producer, id: string): Promise<'queued' | 'processing'> {
  const state = await producer.predictionState(id).catch(() => 'unknown');
  return state === 'unknown' || state === 'queued' ? 'queued' : 'processing';
}
