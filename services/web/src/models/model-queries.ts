import type { ModelVersion } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { reader } from '../api';

export const MODELS_KEY = ['models'] as const;

export function useModels() {
  return useQuery({ queryKey: MODELS_KEY, queryFn: ({ signal }) => reader.listModels({ signal }) });
}

/** A version never changes. */
export function useVersion(name: string, version: string) {
  return useQuery({
    queryKey: ['version', name, version],
    queryFn: ({ signal }) => reader.getModelVersion(name, version, { signal }),
    staleTime: Infinity,
  });
}

/** The version that a model's name means now. */
export function useChampion(name: string) {
  return useQuery<ModelVersion>({
    queryKey: ['champion', name],
    queryFn: async ({ signal }) => {
      const { champion, versions } = await reader.getModel(name, { signal });
      return reader.getModelVersion(name, champion ?? versions[versions.length - 1], { signal });
    },
    staleTime: 60_000,
  });
}
