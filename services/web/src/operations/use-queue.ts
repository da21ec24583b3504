import type { QueueState } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { reader } from '../api';

const LOOK_AGAIN_MS = 2_000;
/** Ten minutes of looking every two seconds. */
const KEPT = 300;

/** The queue as it stands, and as it stood since this page was opened. */
export function useQueue() {
  const query = useQuery({ queryKey: ['queue'], queryFn: ({ signal }) => reader.queue({ signal }), refetchInterval: LOOK_AGAIN_MS, staleTime: 0 });
  const [history, setHistory] = useState<readonly QueueState[]>([]);
  const { data } = query;
  useEffect(() => {
    if (data === undefined) return;
    setHistory((before) => (before.at(-1)?.as_of === data.as_of ? before : [...before, data].slice(-KEPT)));
  }, [data]);
  return { ...query, history };
}
