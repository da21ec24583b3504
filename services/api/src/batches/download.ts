import type { FileDigest, ObjectStore } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { Problem } from '../http/problem';

export interface Download {
  store: ObjectStore;
  key: string;
  file: FileDigest;
  /** Offered to whoever saves it. */
  name: string;
}

/** Sends a stored CSV file, whole or the one byte range that a GET asks for. */
export async function sendFile(request: Request, response: Response, { store, key, file, name }: Download): Promise<void> {
  response.attachment(name).set({ 'Content-Type': 'text/csv; charset=utf-8', 'Accept-Ranges': 'bytes', ETag: `"${file.sha256}"`, 'Cache-Control': 'private, no-cache' });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  // Range is defined for GET alone (RFC 9110, 14.2).
  const takesRange = request.method === 'GET' && (request.get('If-Range') === undefined || request.get('If-Range') === `"${file.sha256}"`);
  const range = takesRange ? wantedRange(request, file.bytes) : undefined;
  const { start, end } = range ?? { start: 0, end: file.bytes };
  if (range !== undefined) response.status(206).set('Content-Range', `bytes ${start}-${end - 1}/${file.bytes}`);
  response.set('Content-Length', String(end - start));
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  await sent(response, store.sendTo(key, response, { start, end }));
}

/** What breaks off once the answer has begun can only be told by breaking the connection. */
async function sent(response: Response, sending: Promise<void>): Promise<void> {
  try {
    await sending;
    response.end();
  } catch (error) {
    if (response.headersSent) response.destroy();
    throw error;
  }
}

/** undefined = the whole file; several ranges at once are answered by the whole file, as RFC 9110 allows. */
function wantedRange(request: Request, bytes: number): { start: number; end: number } | undefined {
  const ranges = request.range(bytes, { combine: true });
  if (ranges === -1) {
    throw new Problem('range-not-satisfiable', `The file has ${bytes} bytes.`, { headers: { 'Content-Range': `bytes */${bytes}` } });
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  const [{ start, end }] = ranges;
  return { start, end: end + 1 };
}
