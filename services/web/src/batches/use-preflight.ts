import type { BatchSettings, Preflight, UploadProgress } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api';

/** Files up to this size are checked whole at once; of larger ones the beginning, as checking sends what it checks. */
const CHECKED_WHOLE_BYTES = 24_000_000;
const START_BYTES = 4_000_000;
const LF = 10;
const CR = 13;

export interface Check {
  data: Preflight | undefined;
  error: unknown;
  isFetching: boolean;
  progress: UploadProgress | undefined;
  /** Which part of the file the report is about. */
  covers: 'start' | 'whole';
  bytes: number;
  checkWhole: () => void;
  refetch: () => void;
}

/** What the upload would come to; asked again when a setting changes it. */
export function usePreflight(file: File, number: number, { model, missing }: BatchSettings): Check {
  const [covers, setCovers] = useState<Check['covers']>(file.size > CHECKED_WHOLE_BYTES ? 'start' : 'whole');
  const [progress, setProgress] = useState<UploadProgress>();
  const query = useQuery({
    queryKey: ['preflight', number, covers, model, missing],
    queryFn: async ({ signal }) => {
      setProgress(undefined);
      const part = covers === 'whole' ? file : await firstRows(file);
      return client.preflight(part, { ...(model === undefined ? {} : { model }), ...(missing === undefined ? {} : { missing }), filename: file.name, onProgress: setProgress, signal });
    },
    // The client has tried again already.
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return {
    data: query.data,
    error: query.error,
    isFetching: query.isFetching,
    progress,
    covers,
    bytes: covers === 'whole' ? file.size : START_BYTES,
    checkWhole: () => setCovers('whole'),
    refetch: () => void query.refetch(),
  };
}

/** Up to the last line end, so that no row is cut: a cut one would look like a fault. */
async function firstRows(file: File): Promise<Blob> {
  const start = file.slice(0, START_BYTES);
  const bytes = new Uint8Array(await start.arrayBuffer());
  const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR));
  return end < 0 ? start : file.slice(0, end + 1);
}
