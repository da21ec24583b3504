import type { Producer } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import { parseFeatures } from '@cytoqueue/schema';
import { ObjectKeys, type ObjectStore, type PredictionRequest, createId } from '@cytoqueue/storage';
import { z } from 'zod';

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
}

/**
 * A 202 is a promise: the request and its pending marker are durable before the job is enqueued.
 * When the queue refuses the job, what was stored is taken back, for the client is told to try again.
 * @throws SchemaError, UnknownModelError, StoreUnavailableError, QueueUnavailableError
 */
export async function acceptPrediction(services: PredictionServices, tenant: string, body: PredictionBody): Promise<PredictionRequest> {
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
  await enqueueStored(services, tenant, request);
  return request;
}

async function enqueueStored({ store, producer }: PredictionServices, tenant: string, request: PredictionRequest): Promise<void> {
  const requestKey = ObjectKeys.predictionRequest(tenant, request.id);
  const pendingKey = ObjectKeys.pending(tenant, request.id);
  try {
    await Promise.all([
      store.put(requestKey, Buffer.from(JSON.stringify(request)), { contentType: 'application/json' }),
      store.put(pendingKey, Buffer.alloc(0)),
    ]);
    await producer.enqueuePrediction({ tenant, predictionId: request.id });
  } catch (error) {
    // Its result too: a job whose adding timed out may have run all the same.
    await Promise.allSettled([store.delete(pendingKey), store.deletePrefix(ObjectKeys.predictionPrefix(tenant, request.id))]);
    throw error;
  }
}
