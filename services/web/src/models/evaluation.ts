import { ApiError } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { reader } from '../api';

/** How a shipped version did when it was tested; null for one whose evaluation is not kept here. */
export function useEvaluation(name: string, version: string) {
  return useQuery({
    queryKey: ['evaluation', name, version],
    queryFn: ({ signal }) => reader.getModelEvaluation(name, version, { signal }).catch(nullIfAbsent),
    staleTime: Infinity,
  });
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
