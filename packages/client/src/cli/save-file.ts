import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import type { BatchFile, CytoqueueClient } from '../cytoqueue-client';

/** Patients' rows: for nobody else on this machine. */
const FILE_MODE = 0o600;

export interface SavedFile {
  bytes: number;
  /** Hex; that of the whole file as the service has it was compared where it gave one. */
  sha256: string;
}

/**
 * Downloads a file of a batch to `path`, which holds the whole of it or is left as it was.
 * @throws Error when the bytes are not those that the service stored
 */
export async function saveBatchFile(client: CytoqueueClient, id: string, file: BatchFile, path: string, options: { partial?: boolean; signal?: AbortSignal }): Promise<SavedFile> {
  const response = await client.download(id, file, options);
  const partPath = `${path}.part`;
  try {
    const saved = await writeChecked(response, partPath, options.signal);
    await rename(partPath, path);
    return saved;
  } catch (error) {
    await rm(partPath, { force: true });
    throw error;
  }
}

async function writeChecked(response: Response, path: string, signal: AbortSignal | undefined): Promise<SavedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(response.body ?? [], counted, createWriteStream(path, { mode: FILE_MODE }), { signal });
  const sha256 = hash.digest('hex');
  const expected = /^"([0-9a-f]{64})"$/.exec(response.headers.get('ETag') ?? '')?.[1];
  if (expected !== undefined && expected !== sha256) throw new Error(`the file arrived damaged: SHA-256 ${sha256} instead of ${expected}`);
  return { bytes, sha256 };
}
