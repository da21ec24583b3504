import type { Request, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { Problem } from '../http/problem';
import { gunzip } from './gunzip';

/** Takes in the bytes of one file; called at most once a request, while the bytes are still arriving. */
export type FileConsumer<T> = (source: AsyncIterable<Uint8Array>, filename: string | null) => Promise<T>;

const RAW_TYPES = ['text/csv', 'application/csv', 'text/plain', 'application/octet-stream'];
const MAX_FILENAME = 255;
/** Control characters, and what turns the direction of text, so that `sc\u202Efdp.csv` does not look like another type. */
const INVISIBLE_CHARACTERS = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu;

/** One file and nothing else. Most of these default to Infinity. */
const MULTIPART_LIMITS = {
  files: 1,
  fields: 0,
  parts: 1,
  fieldNameSize: 100,
  fieldSize: 0,
  headerPairs: 20,
  fieldNestingDepth: 0,
  fieldArrayIndexLimit: 0,
};

/**
 * The one file of an upload, sent as multipart/form-data (field `file`) or as a raw body, streamed into `takeIn`.
 * @throws Problem 400, 415, and whatever `takeIn` throws
 */
export async function receiveFile<T>(request: Request, response: Response, consume: FileConsumer<T>): Promise<T> {
  if (request.is('multipart/form-data') === 'multipart/form-data') return receiveMultipart(request, response, consume);
  if (request.is(RAW_TYPES) === false) {
    throw new Problem(
      'unsupported-media-type',
      'Send the file as multipart/form-data in the field "file", or as a text/csv body.',
    );
  }
  // Not destroyed when reading stops early: the socket must live to carry the answer that says why.
  return consume(
    decodeBody(request.iterator({ destroyOnReturn: false }), request.get('Content-Encoding') ?? 'identity'),
    null,
  );
}

function decodeBody(body: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return body;
  if (name === 'gzip' || name === 'x-gzip') return gunzip(body);
  throw new Problem('unsupported-media-type', 'This content encoding is not accepted; gzip is.');
}

/** Multer calls back when the whole body was read; what `takeIn` finds wrong is told at once, with the rest still to come. */
function receiveMultipart<T>(request: Request, response: Response, consume: FileConsumer<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let consumed: { value: T } | undefined;
    let consuming: Promise<unknown> = Promise.resolve();
    // Multer never calls back for a form that ends behind its file's last byte. What is being stored ends first.
    response.once('close', () => {
      if (!request.complete)
        void consuming.then(() => reject(new Problem('malformed-request', 'The form was cut off.')));
    });
    const storage: StorageEngine = {
      _handleFile: (_request, { stream, originalname }, done) => {
        consuming = consume(stream.iterator({ destroyOnReturn: false }), cleanFilename(originalname)).then(
          (value) => {
            consumed = { value };
            done(null);
          },
          (error: unknown) => {
            reject(error as Error);
            stream.resume();
            done(null);
          },
        );
      },
      // What was stored belongs to the batch under way; whoever took it in takes it back.
      _removeFile: (_request, _file, done) => done(null),
    };
    multer({ storage, limits: MULTIPART_LIMITS, defParamCharset: 'utf8' }).single('file')(
      request,
      response,
      (error?: unknown) => {
        if (error !== undefined && error !== null) reject(toMultipartProblem(error) as Error);
        else if (consumed === undefined)
          reject(new Problem('malformed-request', 'The form holds no file in the field "file".'));
        else resolve(consumed.value);
      },
    );
  });
}

/** Errors of the multipart parser below multer are plain errors with a message only. */
function toMultipartProblem(error: unknown): unknown {
  const isParserError =
    error instanceof Error &&
    error.constructor === Error &&
    /multipart|boundary|unexpected end of (form|file)|part header/i.test(error.message);
  return isParserError
    ? new Problem('malformed-request', `The form cannot be read: ${error.message}.`, { cause: error })
    : error;
}

/** Shown and offered for download only, never a path. */
function cleanFilename(name: string): string | null {
  const base = name
    .replace(/^.*[/\\]/s, '')
    .replace(INVISIBLE_CHARACTERS, '')
    .slice(0, MAX_FILENAME)
    .toWellFormed();
  return base === '' ? null : base;
}
