import { type Session, isRetryable } from '@cytoqueue/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isUnauthorized, retryDelayMs } from './clients';

export const SESSION_KEY = ['session'] as const;

/**
 * One client for the app. A 401 from any query ends the session for all of them. A page that is opened shows what was read
 * before and asks again: the state on the server changes without this client.
 */
export function createQueryClient(): QueryClient {
  const onError = (error: unknown): void => {
    if (isUnauthorized(error)) queryClient.setQueryData(SESSION_KEY, null);
  };
  const queryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // Temporary failures are retried until they pass; the connection banner says so.
        retry: (_failures, error) => isRetryable(error),
        retryDelay: retryDelayMs,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  return queryClient;
}

/**
 * Clears cached data at sign-in and sign-out, so that a user never sees the previous user's data. The session query
 * stays.
 */
export function resetSession(queryClient: QueryClient, session: Session | null): void {
  queryClient.setQueryData(SESSION_KEY, session);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}

/** Tabs of one browser share the session cookie; browsers deliver a message to the other tabs only. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('cytoqueue-session');

export type SessionChange = 'signed-in' | 'signed-out';

/** Tells the other tabs that the user signed in or out here. */
export function announceSessionChange(change: SessionChange): void {
  channel?.postMessage(change);
}

/** @returns a function that ends it */
export function listenForSessionChanges(onChange: (change: SessionChange) => void): () => void {
  const onMessage = ({ data }: MessageEvent<SessionChange>): void => onChange(data);
  channel?.addEventListener('message', onMessage);
  return () => channel?.removeEventListener('message', onMessage);
}
