import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** Polling interval after the event stream has ended. Where a network blocks event streams, it ends at once. */
const POLL_INTERVAL_MS = 2_000;

interface LiveQueryOptions<T> {
  queryKey: readonly string[];
  get: (signal: AbortSignal) => Promise<T>;
  events: (signal: AbortSignal) => AsyncGenerator<T>;
  isFinished: (state: T) => boolean;
}

/**
 * Queries a resource that changes until it is finished, and follows its event stream. Polls if the stream has ended and
 * the state is still unfinished: the stream failed, or a late response to a GET overwrote the final state.
 */
export function useLiveQuery<T>({ queryKey, get, events, isFinished }: LiveQueryOptions<T>) {
  const queryClient = useQueryClient();
  const [isPolling, setIsPolling] = useState(false);
  const query = useQuery<T>({
    queryKey,
    queryFn: ({ signal }) => get(signal),
    staleTime: ({ state }) => (state.data !== undefined && isFinished(state.data) ? Infinity : 0),
    refetchInterval: ({ state }) =>
      isPolling && state.data !== undefined && !isFinished(state.data) ? POLL_INTERVAL_MS : false,
  });
  const isWaiting = query.data !== undefined && !isFinished(query.data);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const stop = new AbortController();
    setIsPolling(false);
    void applyEvents(events(stop.signal), (state) => queryClient.setQueryData(queryKey, state)).finally(() => {
      if (!stop.signal.aborted) setIsPolling(true);
    });
    return () => stop.abort();
    // The key identifies the resource; the functions change with every render.
  }, [queryKey.join('/'), isWaiting, queryClient]);
  return query;
}

async function applyEvents<T>(states: AsyncGenerator<T>, apply: (state: T) => void): Promise<void> {
  try {
    for await (const state of states) apply(state);
  } catch {
    // The query is polled from now on and reports errors.
  }
}
