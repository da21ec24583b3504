import type { QueueState } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { noRetryClient } from '../api/clients';

const POLL_INTERVAL_MS = 2_000;
/** Ten minutes of samples, one every two seconds. */
const MAX_SAMPLES = 300;

export interface QueuePoint {
  /** Milliseconds. */
  at: number;
  backlogRows: number | null;
  rowsPerSecond: number;
}

/** The queue's present state, and its last hour: by minute before the page was opened, then every two seconds. */
export function useQueueHistory() {
  const query = useQuery({
    queryKey: ['queue'],
    queryFn: ({ signal }) => noRetryClient.queue({ signal }),
    refetchInterval: POLL_INTERVAL_MS,
    staleTime: 0,
  });
  const [samples, setSamples] = useState<readonly QueuePoint[]>([]);
  const { data } = query;
  useEffect(() => {
    if (data === undefined) return;
    const sample = { at: Date.parse(data.as_of), backlogRows: data.backlog_rows, rowsPerSecond: data.rows_per_second };
    setSamples((before) => (before.at(-1)?.at === sample.at ? before : [...before, sample].slice(-MAX_SAMPLES)));
  }, [data]);
  return { ...query, history: [...minutesBefore(data, samples[0]?.at ?? 0), ...samples] };
}

function minutesBefore(queue: QueueState | undefined, endMs: number): QueuePoint[] {
  return (queue?.history ?? [])
    .map(({ at, backlog_rows, rows_per_second }) => ({
      at: Date.parse(at) + 60_000,
      backlogRows: backlog_rows,
      rowsPerSecond: rows_per_second,
    }))
    .filter(({ at }) => at < endMs);
}
