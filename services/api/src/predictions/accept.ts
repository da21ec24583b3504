/*
 * A 202 or 201 is a promise. Order: claim of the idempotency key; request and pending marker (at once, for somebody waits);
 * job; answer. A record is there for its tenant from the marker on, as a batch is (see batches/accept.ts).
 */
import type { Producer } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import { parseFeatures } from '@cytoqueue/schema';
import { ObjectKeys, ObjectMismatchError, type ObjectStore, type PredictionRequest, createId, openDocument, sealDocument } from '@cytoqueue/storage';
import { z } from 'zod';
import { type IdempotencyKeys, payloadDigest } from '../http/idempotency';
import { readJsonObject } from '../http/stored-json';

const MAX_TEXT = 256;

export const predictionBody = z
  .strictObject({
    sample_id: z.string().max(MAX_TEXT).optional().meta({ description: "The sender's own reference" }),
    model: z.string().max(MAX_TEXT).optional().meta({ description: 'name (its champion) or name@version' }),
    operating_point: z.enum(['default', 'sensitivity99']).default('default'),
    missing: z.enum(['partial', 'reject']).default('partial').meta({ description: 'reject: a record with an unmeasured feature is refused' }),
    features: z.record(z.string(), z.unknown()).meta({
      description: 'Every feature of the model by name or alias; an integer in its range, or null or "?" when not measured',
      example: {
        clump_thickness: 5, uniformity_of_cell_size: 1, uniformity_of_cell_shape: 1, marginal_adhesion: 1,
        single_epithelial_cell_size: 2, bare_nuclei: 1, bland_chromatin: 3, normal_nucleoli: 1, mitoses: 1,
      },
    }),
  })
  .meta({ id: 'PredictionBody' });

export type PredictionBody = z.output<typeof predictionBody>;

export interface PredictionServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  idempotency: IdempotencyKeys;
}

/**
 * A 202 is a promise: the request and its pending marker are durable before the job is enqueued.
 * When the queue refuses the job, what was stored is taken back, for the client is told to try again.
 * With an idempotency key the first request's prediction is returned to all.
 * @throws SchemaError, UnknownModelError, StoreUnavailableError, QueueUnavailableError
 */
export async function acceptPrediction(services: PredictionServices, tenant: string, body: PredictionBody, key?: string): Promise<PredictionRequest> {
  const pin = await services.registry.resolve(body.model);
  const { model } = await services.registry.pinned(pin);
  const { features } = parseFeatures(body.features, body.missing === 'reject' ? { ...model.schema, maxMissing: 0 } : model.schema);
  const request: PredictionRequest = {
    id: createId('pred_'),
    created_at: new Date().toISOString(),
    sample_id: body.sample_id,
    model: pin,
    operating_point: body.operating_point,
    features,
  };
  if (key === undefined) return acceptNew(services, tenant, request);
  return acceptOnce(services, tenant, request, { key, payload: ['prediction', body] });
}

async function acceptNew(services: PredictionServices, tenant: string, request: PredictionRequest): Promise<PredictionRequest> {
  const { store } = services;
  const requestKey = ObjectKeys.predictionRequest(tenant, request.id);
  try {
    await store.putMarked(requestKey, sealDocument(request), ObjectKeys.pending(tenant, request.id), { contentType: 'application/json' });
    await services.producer.enqueuePrediction({ tenant, predictionId: request.id });
    return request;
  } catch (error) {
    // Its result too: a job whose adding timed out may have run all the same.
    await Promise.allSettled([
      store.delete(ObjectKeys.pending(tenant, request.id)),
      store.deletePrefix(ObjectKeys.predictionPrefix(tenant, request.id)),
    ]);
    throw error;
  }
}

/**
 * The key is claimed before anything else is stored, so the request that claimed it may still be storing, or have died
 * doing so. Every request with the key therefore does all of it again, under the claimed id: the first to write has
 * written, and a job that is there is not added twice. Nothing is taken back, for another may have promised it already.
 */
async function acceptOnce(
  services: PredictionServices,
  tenant: string,
  request: PredictionRequest,
  { key, payload }: { key: string; payload: unknown },
): Promise<PredictionRequest> {
  const id = await services.idempotency.claim(tenant, key, { id: request.id, payload_sha256: payloadDigest(payload) });
  const requestKey = ObjectKeys.predictionRequest(tenant, id);
  const earlier = await readJsonObject<PredictionRequest>(services.store, requestKey);
  const isFinished = earlier !== undefined && (await services.store.head(ObjectKeys.predictionResult(tenant, id))) !== undefined;
  if (isFinished) return earlier;
  const stored = earlier ?? (await storeFirst(services.store, requestKey, { ...request, id }));
  await markPending(services, tenant, id);
  await services.producer.enqueuePrediction({ tenant, predictionId: id });
  return stored;
}

/** What is stored under the key in the end: ours, or that of whoever was faster. */
async function storeFirst(store: ObjectStore, requestKey: string, request: PredictionRequest): Promise<PredictionRequest> {
  try {
    await store.putOnce(requestKey, sealDocument(request), { contentType: 'application/json' });
    return request;
  } catch (error) {
    if (!(error instanceof ObjectMismatchError)) throw error;
    return openDocument<PredictionRequest>(requestKey, await store.get(requestKey));
  }
}

async function markPending({ store }: PredictionServices, tenant: string, id: string): Promise<void> {
  await store.put(ObjectKeys.pending(tenant, id), Buffer.alloc(0));
}
