import type { Session } from '@cytoqueue/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isUnauthorized, isRetryable, retryDelayMs } from './clients';

export const SESSION_KEY = ['session'] as const;

/** One for the app. A session that has ended anywhere has ended everywhere. */
export function createQueryClient(): QueryClient {
  const onError = (error: unknown): void => {
    if (isUnauthorized(error)) queryClient.setQueryData(SESSION_KEY, null);
  };
  const queryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // What may pass is tried until it has; the banner of the shell tells.
        retry: (_failures, error) => isRetryable(error),
        retryDelay: retryDelayMs,
        networkMode: 'always',
        staleTime: 5_000,
      },
      mutations: { networkMode: 'always' },
    },
  });
  return queryClient;
}

/** Whoever comes or goes sees nothing of what the one before has loaded. The session itself is kept for those who look at it. */
export function resetSession(queryClient: QueryClient, session: Session | null): void {
  queryClient.setQueryData(SESSION_KEY, session);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}
