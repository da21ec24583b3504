import { type Batch, type BatchFile, type ClassName, isBatchFinished } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { noRetryClient, streamClient } from '../api/clients';
import { useLiveQuery } from '../api/live-query';
import { useModelVersion } from '../models/model-queries';
import { type CsvPreview, readCsvPreview } from './detail/csv-preview';

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

export interface BatchClasses {
  negative: ClassName;
  positive: ClassName;
}

/** The classes of the batch's model; undefined while those of an own model are not loaded, or after its deletion. */
export function useBatchClasses({ model, summary }: Batch): BatchClasses | undefined {
  const isBenignOrMalignant = summary.malignant !== undefined;
  const { data: version } = useModelVersion(model.name, model.version, !isBenignOrMalignant);
  const [negative, positive] = isBenignOrMalignant ? ['benign', 'malignant'] : (version?.labels ?? []);
  return negative === undefined || positive === undefined ? undefined : { negative, positive };
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
