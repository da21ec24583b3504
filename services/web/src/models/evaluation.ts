import { ApiError } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { noRetryClient } from '../api/clients';

/** Cross-validation results of a version; null when none are stored. */
export function useEvaluation(name: string, version: string) {
  return useQuery({
    queryKey: ['evaluation', name, version],
    queryFn: ({ signal }) => noRetryClient.getModelEvaluation(name, version, { signal }).catch(nullIfNotFound),
    staleTime: Infinity,
  });
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
