import { type Prediction, isPredictionFinished } from '@cytoqueue/client';
import { noRetryClient, streamClient } from '../api/clients';
import { useLiveQuery } from '../api/live-query';

export function predictionKey(id: string) {
  return ['prediction', id] as const;
}

export function usePrediction(id: string) {
  return useLiveQuery<Prediction>({
    queryKey: predictionKey(id),
    get: (signal) => noRetryClient.getPrediction(id, { signal }),
    events: (signal) => streamClient.predictionEvents(id, { signal }),
    isFinished: isPredictionFinished,
  });
}
