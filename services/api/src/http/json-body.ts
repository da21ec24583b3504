import express, { type Request, type Response } from 'express';
import { parse } from 'lossless-json';
import { Problem } from './problem';

const readText = express.text({
  type: ['application/json', 'application/*+json'],
  limit: '64kb',
  defaultCharset: 'utf-8',
});

/**
 * Reads a request's JSON body. A duplicate member is rejected, because parsers disagree on which one counts.
 * @throws Problem 400 when the body is not JSON, 413, 415, 422 for a duplicate member
 */
export async function readJson(request: Request, response: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    readText(request, response, (error?: unknown) => (error ? reject(error as Error) : resolve()));
  });
  const text: unknown = request.body;
  if (typeof text !== 'string')
    throw new Problem('unsupported-media-type', 'Send JSON, with "Content-Type: application/json".');
  try {
    return parse(text, undefined, { parseNumber: Number, onDuplicateKey: rejectDuplicate });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('malformed-request', 'The body is not valid JSON.', { cause: error });
  }
}

function rejectDuplicate({ key }: { key: string }): never {
  throw new Problem('invalid-request', 'A JSON object has a duplicate member.', {
    errors: [{ field: key, code: 'duplicate-field', detail: `${JSON.stringify(key.slice(0, 80))} is given twice` }],
  });
}
