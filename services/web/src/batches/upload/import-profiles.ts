import type { ImportProfile, NamedImportProfile } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, noRetryClient } from '../../api/clients';

export const PROFILES_KEY = ['import-profiles'] as const;

/** The laboratory's saved profiles; those that cannot be read have an error. */
export function useImportProfilesQuery() {
  return useQuery({
    queryKey: PROFILES_KEY,
    queryFn: ({ signal }) => noRetryClient.listImportProfiles({ signal }),
  });
}

/** The profiles that can be used. */
export function useImportProfiles(): readonly NamedImportProfile[] {
  return useImportProfilesQuery().data?.filter(({ error }) => error === undefined) ?? [];
}

export function useSaveImportProfile(onSaved: (name: string) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ name, profile }: { name: string; profile: ImportProfile }) => client.putImportProfile(name, profile),
    onSuccess: async ({ name }) => {
      await queryClient.invalidateQueries({ queryKey: PROFILES_KEY });
      onSaved(name);
    },
  });
}
