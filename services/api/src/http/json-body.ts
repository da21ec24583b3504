import { findInvalidText } from '@cytoqueue/csv';
import express, { type Request, type Response } from 'express';
import { parse } from 'lossless-json';
import { Problem } from './problem';

const MAX_BYTES = 64 * 1024;
const readBytes = express.raw({ type: ['application/json', 'application/*+json'], limit: MAX_BYTES });

/**
 * Reads a request's JSON body. A duplicate member is rejected, because parsers disagree on which one counts.
 * @throws Problem 400 when the body is not UTF-8 or not JSON, 413, 415, 422 for a duplicate member
 */
export async function readJson(request: Request, response: Response): Promise<unknown> {
  // At once: the parser would read all of the body first.
  if (Number(request.get('Content-Length')) > MAX_BYTES)
    throw new Problem('too-large', `The body exceeds the size limit of ${MAX_BYTES} bytes.`);
  await new Promise<void>((resolve, reject) => {
    // The parser does not notice that a compressed body is cut off.
    if (request.get('Content-Encoding') !== undefined)
      response.once('close', () => reject(new Problem('malformed-request', 'The body was cut off.')));
    readBytes(request, response, (error?: unknown) => (error ? reject(error as Error) : resolve()));
  });
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes))
    throw new Problem('unsupported-media-type', 'Send JSON, with "Content-Type: application/json".');
  const text = decode(bytes, /;\s*charset="?([^";\s]+)/i.exec(request.get('Content-Type') ?? '')?.[1]);
  try {
    return parse(text, undefined, { parseNumber: Number, onDuplicateKey: rejectDuplicate });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('malformed-request', describeSyntaxError(text, error), { cause: error });
  }
}

/** Decodes the body. Rejects invalid UTF-8, because replacement characters would make different identifiers equal. */
function decode(bytes: Buffer, charset = 'utf-8'): string {
  if (/^utf-?8$/i.test(charset)) {
    const offset = findInvalidText(bytes);
    if (offset >= 0 && bytes[offset] !== 0)
      throw new Problem('malformed-request', `The body is not UTF-8 (byte ${offset}); send JSON in UTF-8.`);
  }
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    throw new Problem('unsupported-media-type', 'The content type, charset or encoding is not accepted.', {
      cause: error,
    });
  }
}

/** Words of R, Python and JavaScript for a missing value, which are not JSON. */
const NO_VALUE = /^-?(NaN|nan|NA|None|Infinity|Inf|undefined)\b/;

function describeSyntaxError(text: string, error: unknown): string {
  const position = /position (\d+)/.exec((error as Error).message)?.[1];
  if (position === undefined) return 'The body is not JSON.';
  const found = NO_VALUE.exec(text.slice(Number(position)))?.[0];
  const hint = found === undefined ? '' : `: ${found}; send null`;
  return `The body is not JSON at character ${Number(position) + 1}${hint}.`;
}

function rejectDuplicate({ key }: { key: string }): never {
  throw new Problem('invalid-request', 'A JSON object has a duplicate member.', {
    errors: [{ field: key, code: 'duplicate-field', detail: `${JSON.stringify(key.slice(0, 80))} is given twice` }],
  });
}
