import { type Training, isTrainingFinished } from '@cytoqueue/client';
import { noRetryClient, streamClient } from '../api/clients';
import { useLiveQuery } from '../api/live-query';

export const TRAININGS_KEY = ['trainings'] as const;

export function trainingKey(id: string) {
  return ['training', id] as const;
}

export function useTraining(id: string) {
  return useLiveQuery<Training>({
    queryKey: trainingKey(id),
    get: (signal) => noRetryClient.getTraining(id, { signal }),
    events: (signal) => streamClient.trainingEvents(id, { signal }),
    isFinished: isTrainingFinished,
  });
}
