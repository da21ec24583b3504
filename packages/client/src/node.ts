import { basename } from 'node:path';
import { openFile } from './cli/input-file';
import { saveBatchFile, type SavedFile } from './cli/save-file';
import type { CytoqueueClient } from './cytoqueue-client';
import type { BatchFile, DownloadOptions, UploadOptions } from './method-options';
import type { Batch } from './types';

export type { SavedFile };

/** Uploads a file of the file system, by default under its own name. It is read in pieces, again for each attempt. */
export async function submitFile(client: CytoqueueClient, path: string, options: UploadOptions = {}): Promise<Batch> {
  return client.uploadBatch(openFile(path), { filename: basename(path), ...options });
}

/**
 * Downloads a file of a batch to `path`, which is complete or unchanged afterwards. Continues an interrupted download and compares the
 * checksum. A new file is readable by its owner only.
 */
export function downloadResults(
  client: CytoqueueClient,
  id: string,
  path: string,
  { file = 'results', ...options }: Omit<DownloadOptions, 'range'> & { file?: BatchFile } = {},
): Promise<SavedFile> {
  return saveBatchFile(client, id, file, path, options);
}
