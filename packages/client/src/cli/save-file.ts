import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectionError } from '../api-error';
import type { CytoqueueClient } from '../cytoqueue-client';
import type { BatchFile, FileFormat } from '../method-options';
import { defaultRetry, retryDelayMs, sleep } from '../retry';
import { openOutput, resolveOutput } from './output';

export interface SavedFile {
  bytes: number;
  /** Hex; compared with the service's checksum if it sent one. */
  sha256: string;
}

interface Download {
  client: CytoqueueClient;
  id: string;
  file: BatchFile;
  partial: boolean | undefined;
  format: FileFormat | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Downloads a file of a batch to `path` (see output.ts). Resumes an interrupted download.
 * @throws Error when the checksum differs from the service's; ConnectionError
 */
export async function saveBatchFile(
  client: CytoqueueClient,
  id: string,
  file: BatchFile,
  path: string,
  options: { partial?: boolean; format?: FileFormat; signal?: AbortSignal },
): Promise<SavedFile> {
  const target = resolveOutput(path);
  const { partial, format, signal } = options;
  const download = { client, id, file, partial, format, signal };
  const first = await open(download, 0);
  const output = openOutput(target);
  try {
    const saved = await writeChecked(download, first, output.stream);
    await output.commit();
    return saved;
  } catch (error) {
    await output.discard();
    throw error;
  }
}

async function writeChecked(download: Download, first: Response, stream: NodeJS.WritableStream): Promise<SavedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const isStandard = stream === process.stdout || stream === process.stderr;
  await pipeline(Readable.from(chunksOf(download, first), { objectMode: false }), counted, stream, {
    signal: download.signal,
    end: !isStandard,
  });
  const sha256 = hash.digest('hex');
  const expected = checksumOf(first);
  if (expected !== undefined && expected !== sha256)
    throw new Error(`the downloaded file is damaged (SHA-256 ${sha256}, expected ${expected}); download it again`);
  return { bytes, sha256 };
}

/** Yields all bytes of the file. Resumes over a new connection, unless the file has no checksum. */
async function* chunksOf(download: Download, first: Response): AsyncGenerator<Uint8Array> {
  const { signal } = download;
  let received = 0;
  let response = first;
  for (let failures = 0; ;) {
    try {
      for await (const chunk of response.body ?? []) {
        received += chunk.length;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (checksumOf(first) === undefined || ++failures >= defaultRetry.attempts)
        throw new ConnectionError('the download was interrupted', { cause: error });
      await sleep(retryDelayMs(error, failures, defaultRetry), signal);
    }
    response = await open(download, received);
    // Resume only with a range of the same stored file.
    const continues = received === 0 || (response.status === 206 && checksumOf(response) === checksumOf(first));
    if (!continues) throw new ConnectionError('the download was interrupted and cannot be resumed; start it again');
  }
}

function open({ client, id, file, partial, format, signal }: Download, from: number): Promise<Response> {
  return client.download(id, file, { partial, format, signal, ...(from === 0 ? {} : { range: `bytes=${from}-` }) });
}

function checksumOf(response: Response): string | undefined {
  return /^"([0-9a-f]{64})"$/.exec(response.headers.get('ETag') ?? '')?.[1];
}
