import { type Batch, type BatchFile, isBatchFinished } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { noRetryClient, streamClient } from '../api/clients';
import { useLiveQuery } from '../api/live-query';
import { type CsvPreview, readCsvPreview } from './detail/csv-preview';

export const BATCHES_KEY = ['batches'] as const;

export function batchKey(id: string) {
  return ['batch', id] as const;
}

export function useBatch(id: string) {
  return useLiveQuery<Batch>({
    queryKey: batchKey(id),
    get: (signal) => noRetryClient.getBatch(id, { signal }),
    events: (signal) => streamClient.batchEvents(id, { signal }),
    isFinished: isBatchFinished,
  });
}

/**
 * Loads the first rows of a result file.
 * @param run run number: a retry replaces the file
 */
export function useCsvPreview(id: string, file: BatchFile, run: string, limits: { bytes: number; rows: number }) {
  return useQuery<CsvPreview>({
    queryKey: ['file-start', id, file, run, limits.bytes],
    queryFn: async ({ signal }) =>
      readCsvPreview(
        await noRetryClient.download(id, file, { range: `bytes=0-${limits.bytes - 1}`, signal }),
        limits.rows,
      ),
    staleTime: Infinity,
  });
}
