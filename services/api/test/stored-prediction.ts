import { ObjectKeys, type OperatingPointName, type PredictionResult, createId, sealDocument } from '@cytoqueue/records';
import type { RunningApi } from './running-api';
import { modelPin } from './stored-batch';

export interface StoredPrediction {
  probability: number;
  outcome?: PredictionResult['outcome'];
  point?: OperatingPointName;
  status?: 'succeeded' | 'failed' | 'queued';
  ageDays?: number;
  features?: Record<string, number | null>;
}

/** Stores a prediction as the worker leaves it. */
export async function storePrediction(
  { store, tenant }: Pick<RunningApi, 'store' | 'tenant'>,
  {
    probability,
    outcome = 'confident',
    point = 'default',
    ageDays = 0,
    status = 'succeeded',
    features = {},
  }: StoredPrediction,
): Promise<string> {
  const acceptedMs = Date.now() - ageDays * 86_400_000;
  const id = createId('pred_', acceptedMs);
  const model = await modelPin(store);
  const created_at = new Date(acceptedMs).toISOString();
  const request = { id, created_at, sample_id: 'Roe-Jane', model, operating_point: point, features };
  await store.put(ObjectKeys.predictionRequest(tenant, id), sealDocument(request));
  const result = {
    predicted_class: probability >= 0.5 ? 'malignant' : 'benign',
    probability_malignant: probability,
    operating_point: { name: point, threshold: 0.5 },
    outcome,
  };
  const completion = status === 'failed' ? { status, error: { code: 'x', detail: 'x' } } : { status, result };
  if (status !== 'queued') await store.put(ObjectKeys.predictionCompletion(tenant, id), sealDocument(completion));
  return id;
}
