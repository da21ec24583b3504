import type { Session } from '@cytoqueue/client';
import { isUnauthorized, noRetryClient } from './clients';
import { SESSION_KEY } from './query-client';

interface QueryContext {
  signal: AbortSignal;
}

/** The session; null when signed out. */
export const sessionQuery = {
  queryKey: SESSION_KEY,
  queryFn: async ({ signal }: QueryContext): Promise<Session | null> => {
    try {
      return await noRetryClient.session({ signal });
    } catch (error) {
      if (isUnauthorized(error)) return null;
      throw error;
    }
  },
  staleTime: Infinity,
};

/** A version never changes. */
export function modelVersionQuery(name: string, version: string) {
  return {
    queryKey: ['version', name, version],
    queryFn: ({ signal }: QueryContext) => noRetryClient.getModelVersion(name, version, { signal }),
    staleTime: Infinity,
  };
}
