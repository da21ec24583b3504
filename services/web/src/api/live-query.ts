import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** Polling interval, for networks that block event streams. */
const POLL_INTERVAL_MS = 2_000;

interface LiveQueryOptions<T> {
  queryKey: readonly string[];
  get: (signal: AbortSignal) => Promise<T>;
  events: (signal: AbortSignal) => AsyncGenerator<T>;
  isFinished: (state: T) => boolean;
}

/** Queries a resource that changes until it is finished, and follows its events. */
export function useLiveQuery<T>({ queryKey, get, events, isFinished }: LiveQueryOptions<T>) {
  const queryClient = useQueryClient();
  const query = useQuery<T>({
    queryKey,
    queryFn: ({ signal }) => get(signal),
    staleTime: ({ state }) => (state.data !== undefined && isFinished(state.data) ? Infinity : 0),
    refetchInterval: ({ state }) => (state.data !== undefined && !isFinished(state.data) ? POLL_INTERVAL_MS : false),
  });
  const isWaiting = query.data !== undefined && !isFinished(query.data);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const stop = new AbortController();
    void applyEvents(events(stop.signal), (state) => queryClient.setQueryData(queryKey, state));
    return () => stop.abort();
    // The key identifies the resource; the functions change with every render.
  }, [queryKey.join('/'), isWaiting, queryClient]);
  return query;
}

/** When the stream fails permanently, the query goes on polling and reports errors. */
async function applyEvents<T>(states: AsyncGenerator<T>, apply: (state: T) => void): Promise<void> {
  try {
    for await (const state of states) apply(state);
  } catch {
    // Polling continues, see above.
  }
}
