import type { ModelVersion, Session } from '@cytoqueue/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { noRetryClient } from '../api/clients';
import { modelVersionQuery } from '../api/first-queries';
import { SESSION_KEY } from '../api/query-client';
import { parseModelReference } from './model-reference';

export const MODELS_KEY = ['models'] as const;
export const DEFAULTS_KEY = ['defaults'] as const;

/**
 * The laboratory's model version and threshold for requests that name none; null while they cannot be determined. Begins
 * with those that came with the session, so that the first form does not wait for another response.
 */
export function useDefaults() {
  const queryClient = useQueryClient();
  return useQuery({
    queryKey: DEFAULTS_KEY,
    queryFn: async ({ signal }) => (await noRetryClient.session({ signal })).defaults ?? null,
    initialData: () => queryClient.getQueryData<Session | null>(SESSION_KEY)?.defaults ?? undefined,
    initialDataUpdatedAt: () => queryClient.getQueryState(SESSION_KEY)?.dataUpdatedAt,
    staleTime: 5_000,
  });
}

export function useModels() {
  return useQuery({ queryKey: MODELS_KEY, queryFn: ({ signal }) => noRetryClient.listModels({ signal }) });
}

export function useModelVersion(name: string, version: string, isEnabled = true) {
  return useQuery({ ...modelVersionQuery(name, version), enabled: isEnabled });
}

/** The positive class of a version (`name@version`); "malignant" while it is not known. */
export function usePositiveClass(reference: string | undefined): string {
  const { name, version } = parseModelReference(reference ?? '');
  return useModelVersion(name, version, name !== '').data?.labels[1] ?? 'malignant';
}

/** The model's current champion. */
export function useChampionVersion(name: string, isEnabled = true) {
  return useQuery<ModelVersion>({
    queryKey: ['champion', name],
    queryFn: async ({ signal }) => {
      const { champion, versions } = await noRetryClient.getModel(name, { signal });
      const version = champion ?? versions.at(-1);
      if (version === undefined) throw new Error(`The model ${name} has no versions.`);
      return noRetryClient.getModelVersion(name, version, { signal });
    },
    enabled: isEnabled,
  });
}
