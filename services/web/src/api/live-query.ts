import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** What has changed shows at once by events; where those do not come through, after this. */
const POLL_INTERVAL_MS = 2_000;

interface LiveQueryOptions<T> {
  queryKey: readonly string[];
  get: (signal: AbortSignal) => Promise<T>;
  events: (signal: AbortSignal) => AsyncGenerator<T>;
  isFinished: (state: T) => boolean;
}

/** A resource that changes until it is finished. */
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
    // The key stands for what is followed; the functions are new with every drawing.
  }, [queryKey.join('/'), isWaiting, queryClient]);
  return query;
}

/** A stream that fails for good leaves the telling to the query, which goes on looking. */
async function applyEvents<T>(states: AsyncGenerator<T>, apply: (state: T) => void): Promise<void> {
  try {
    for await (const state of states) apply(state);
  } catch {
    // See above.
  }
}
