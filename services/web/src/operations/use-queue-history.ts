import type { QueueState } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { noRetryClient } from '../api/clients';

const POLL_INTERVAL_MS = 2_000;
/** Ten minutes of samples, one every two seconds. */
const MAX_HISTORY = 300;

/** Current queue status, and its history since the page was opened. */
export function useQueueHistory() {
  const query = useQuery({
    queryKey: ['queue'],
    queryFn: ({ signal }) => noRetryClient.queue({ signal }),
    refetchInterval: POLL_INTERVAL_MS,
    staleTime: 0,
  });
  const [history, setHistory] = useState<readonly QueueState[]>([]);
  const { data } = query;
  useEffect(() => {
    if (data === undefined) return;
    setHistory((before) => (before.at(-1)?.as_of === data.as_of ? before : [...before, data].slice(-MAX_HISTORY)));
  }, [data]);
  return { ...query, history };
}
