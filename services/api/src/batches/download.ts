import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { type FileDigest, type ManifestDocument, ObjectKeys, type RunFile, type RunFileName } from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { logDamageAlarm } from '../http/error-handler';
import { Problem } from '../http/problem';
import type { StoredBatch } from './read-batch';

export interface Download {
  file: RunFile;
  /** Size and checksum that the manifest states. */
  expected: FileDigest;
  /** File name that the response suggests to the client. */
  name: string;
}

/**
 * Sends a stored CSV file: all of it, or the one byte range that a GET requests. A complete file is verified against the
 * manifest's checksum while it is sent: the last chunk is sent only if the checksum is right. A range is not verified.
 */
export async function sendFile(
  request: Request,
  response: Response,
  { file, expected, name }: Download,
): Promise<void> {
  response.set({ 'Accept-Ranges': 'bytes', ETag: `"${expected.sha256}"`, 'Cache-Control': 'private, no-cache' });
  // If a request has If-None-Match, fetch adds `Cache-Control: no-cache`, for which Express would send the file again.
  delete request.headers['cache-control'];
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.attachment(name).set('Content-Type', 'text/csv; charset=utf-8');
  // Range is defined for GET alone (RFC 9110, 14.2).
  const acceptsRange =
    request.method === 'GET' &&
    (request.get('If-Range') === undefined || request.get('If-Range') === `"${expected.sha256}"`);
  const range = acceptsRange ? requestedRange(request, expected.bytes) : undefined;
  const { start, end } = range ?? { start: 0, end: expected.bytes };
  if (range !== undefined) response.status(206).set('Content-Range', `bytes ${start}-${end - 1}/${expected.bytes}`);
  response.set('Content-Length', String(end - start));
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  const isCompleteFile = end - start === expected.bytes;
  const target = isCompleteFile ? createChecksumVerifier(response, file, expected) : response;
  await pipeOrDestroy(response, file.pipeTo(target, { start, end }));
}

/** @returns what the newest run's manifest states about the file @throws Problem 409 when there is none (yet) */
export function requireFinishedFile(
  tenant: string,
  { batch, run, finished, damage }: StoredBatch,
  resultFile: RunFileName,
): { expected: FileDigest; manifest: ManifestDocument } {
  if (finished === undefined)
    throw new Problem('results-not-ready', 'The batch is not finished.', { headers: { 'Retry-After': '1' } });
  const { manifest } = finished;
  const expected = manifest[resultFile];
  if (expected === undefined && damage?.key === ObjectKeys.runManifest(tenant, batch.id, run))
    throw filesDamaged(damage);
  if (expected === undefined)
    throw new Problem('no-results', `The batch has no ${resultFile}; its status is ${manifest.status}.`);
  return { expected, manifest };
}

/** Reports damaged files, which a retry writes again from the shards. */
export function filesDamaged(cause: ObjectCorruptError): Problem {
  return new Problem(
    'object-damaged',
    'The files of this batch are damaged or missing. The operators were alerted; retry the batch to have its files written again.',
    { cause },
  );
}

/** Whether the stored file is the one that the manifest describes. Reads all of it. */
export async function isIntact(store: ObjectStore, file: RunFile, expected: FileDigest): Promise<boolean> {
  try {
    if (expected.composed !== true && (await store.head(file.key))?.size !== expected.bytes) return false;
    const hash = createHash('sha256');
    for await (const chunk of file.chunks()) hash.update(chunk);
    return hash.digest('hex') === expected.sha256;
  } catch (error) {
    if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return false;
    throw error;
  }
}

/** Forwards a file's bytes to the response. If the checksum is wrong, fails before the last chunk is sent. */
function createChecksumVerifier(response: Response, file: RunFile, expected: FileDigest): Writable {
  const hash = createHash('sha256');
  let bytes = 0;
  const target = new Writable({
    // The chunk's memory is reused after the callback, so it is called only when the response has written the chunk.
    write(chunk: Uint8Array, _encoding, callback) {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes >= expected.bytes && hash.digest('hex') !== expected.sha256) callback(file.checksumError());
      else response.write(chunk, callback);
    },
  });
  response.once('close', () => target.destroy());
  return target;
}

/** Removes the headers that describe the file, before a problem is sent instead. */
function removeFileHeaders(response: Response): void {
  for (const name of [
    'Content-Length',
    'Content-Range',
    'Content-Disposition',
    'Accept-Ranges',
    'ETag',
    'Cache-Control',
  ])
    response.removeHeader(name);
}

/** Closes the connection if sending fails after the response has begun: the client can be notified in no other way. */
async function pipeOrDestroy(response: Response, sending: Promise<void>): Promise<void> {
  try {
    await sending;
    response.end();
  } catch (error) {
    if (error instanceof ObjectCorruptError && response.headersSent) logDamageAlarm(response, error);
    if (response.headersSent) response.destroy();
    else removeFileHeaders(response);
    throw error instanceof ObjectCorruptError ? filesDamaged(error) : error;
  }
}

/** undefined = the whole file; a request for several ranges gets the whole file, as RFC 9110 allows. */
function requestedRange(request: Request, bytes: number): { start: number; end: number } | undefined {
  const ranges = request.range(bytes, { combine: true });
  if (ranges === -1) {
    throw new Problem('range-not-satisfiable', `The file has ${bytes} bytes.`, {
      headers: { 'Content-Range': `bytes */${bytes}` },
    });
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes') return undefined;
  const [range, second] = ranges;
  return range === undefined || second !== undefined ? undefined : { start: range.start, end: range.end + 1 };
}
