import { type Prediction, isPredictionFinished } from '@cytoqueue/client';
import { client, reader } from '../api';
import { useLive } from '../live-query';

export function predictionKey(id: string) {
  return ['prediction', id] as const;
}

export function usePrediction(id: string) {
  return useLive<Prediction>({
    queryKey: predictionKey(id),
    get: (signal) => reader.getPrediction(id, { signal }),
    events: (signal) => client.predictionEvents(id, { signal }),
    isFinished: isPredictionFinished,
  });
}
