import type { BatchSettings, Preflight, UploadProgress } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api/clients';
import { isPacked } from './packed-file';

/** Files up to this size are checked whole; of larger ones only the beginning, because checking uploads the bytes. */
const FULL_CHECK_MAX_BYTES = 24_000_000;
const SAMPLE_BYTES = 4_000_000;
const LF = 10;
const CR = 13;

export interface PreflightCheck {
  data: Preflight | undefined;
  error: unknown;
  isFetching: boolean;
  progress: UploadProgress | undefined;
  /** Part of the file that was checked. */
  scope: 'sample' | 'full';
  bytes: number;
  checkFullFile: () => void;
  refetch: () => void;
}

/**
 * Checks the file; repeated when a setting changes the report.
 * @param profileRevision changes when the profile is saved again under its name
 */
export function usePreflight(
  file: File,
  selectionId: string,
  { model, missing, profile, sheet, charset, onWarning }: BatchSettings,
  profileRevision: number,
): PreflightCheck {
  const [scope, setScope] = useState<PreflightCheck['scope']>(file.size > FULL_CHECK_MAX_BYTES ? 'sample' : 'full');
  const [progress, setProgress] = useState<UploadProgress>();
  const options = { model, missing, profile, sheet, charset, onWarning };
  const query = useQuery({
    queryKey: ['preflight', selectionId, scope, profileRevision, options],
    queryFn: async ({ signal }) => {
      setProgress(undefined);
      return checkFile(file, scope, { ...options, onProgress: setProgress, signal });
    },
    // The client has retried already.
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return {
    data: query.data,
    error: query.error,
    isFetching: query.isFetching,
    progress,
    scope,
    bytes: scope === 'full' ? file.size : SAMPLE_BYTES,
    checkFullFile: () => setScope('full'),
    refetch: () => void query.refetch(),
  };
}

/** @param scope `sample` checks the beginning of a large file, where it can be read in part */
export async function checkFile(
  file: File,
  scope: PreflightCheck['scope'],
  options: NonNullable<Parameters<typeof client.preflight>[1]>,
): Promise<Preflight> {
  const isWhole = scope === 'full' || file.size <= FULL_CHECK_MAX_BYTES || (await isPacked(file));
  return client.preflight(isWhole ? file : await sampleRows(file), { ...options, filename: file.name });
}

/** Cuts at the last line end: a partial row would be reported as an error. */
async function sampleRows(file: File): Promise<Blob> {
  const start = file.slice(0, SAMPLE_BYTES);
  const bytes = new Uint8Array(await start.arrayBuffer());
  const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR));
  return end < 0 ? start : file.slice(0, end + 1);
}
