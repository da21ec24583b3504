import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { Problem } from '../http/problem';
import { gunzip } from './gunzip';

/**
 * Consumes the bytes of one file; called at most once per request, while the bytes are still arriving.
 * @param charset as the request declares it
 */
export type FileConsumer<T> = (
  source: AsyncIterable<Uint8Array>,
  filename: string | null,
  charset: string | undefined,
) => Promise<T>;

/** Accepted types of a raw body. The format is detected from the first bytes, not from the type. */
export const RAW_TYPES = [
  'text/csv',
  'application/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/octet-stream',
  'application/gzip',
  'application/x-gzip',
  'application/zip',
  'application/jsonl',
  'application/x-ndjson',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.apache.parquet',
];
/** For the content type that `curl -d` declares by default. */
const CURL_HINT =
  ' With curl: --data-binary @FILE and -H "Content-Type: text/csv", or -F file=@FILE; -d declares a form and strips line ends.';
const MAX_FILENAME = 255;
/**
 * Control characters and marks that change the direction of text, so that `sc\u202Efdp.csv` does not look like another
 * type.
 */
const INVISIBLE_CHARACTERS = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu;

/** One file, and a few short fields, so that an error can name them. Most of multer's limits default to Infinity. */
const MULTIPART_LIMITS = {
  files: 1,
  fields: 20,
  parts: 21,
  fieldNameSize: 100,
  fieldSize: 4096,
  headerPairs: 20,
  fieldNestingDepth: 0,
  fieldArrayIndexLimit: 0,
};

/** For operations that read form fields: the definition of a custom schema with 64 features. */
const MAX_FIELD_BYTES = 128 * 1024;

/** A file with the text fields of its form; a raw body has none. */
export interface ReceivedForm<T> {
  /** Result of the file's consumer. */
  value: T;
  fields: Record<string, unknown>;
}

/**
 * Streams the one file of an upload, sent as multipart/form-data (field `file`) or as a raw body, into `consume`.
 * @throws Problem 400, 415, 422 for a form field, and errors of `consume`
 */
export async function receiveFile<T>(request: Request, response: Response, consume: FileConsumer<T>): Promise<T> {
  return (await receiveForm(request, response, consume, [])).value;
}

/**
 * Like `receiveFile`, for an operation that reads form fields, which may stand before or after the file.
 * @throws Problem 422 for a field that is not in the list
 */
export async function receiveForm<T>(
  request: Request,
  response: Response,
  consume: FileConsumer<T>,
  fieldNames: readonly string[],
): Promise<ReceivedForm<T>> {
  if (request.is('multipart/form-data') === 'multipart/form-data')
    return receiveMultipart(request, response, consume, fieldNames);
  if (request.is(RAW_TYPES) === false) {
    const hint = request.is('application/x-www-form-urlencoded') === false ? '' : CURL_HINT;
    throw new Problem(
      'unsupported-media-type',
      `Send the file as multipart/form-data in the field "file", or as a body of its own type, such as text/csv.${hint}`,
    );
  }
  // Keep the request open when reading stops early: its socket must still carry the error response.
  const value = await consume(
    decodeBody(request.iterator({ destroyOnReturn: false }), request.get('Content-Encoding') ?? 'identity'),
    null,
    /;\s*charset="?([^";\s]+)/i.exec(request.get('Content-Type') ?? '')?.[1],
  );
  return { value, fields: {} };
}

function decodeBody(body: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return body;
  if (name === 'gzip' || name === 'x-gzip') return gunzip(body);
  throw new Problem('unsupported-media-type', 'This content encoding is not accepted; gzip is.');
}

/**
 * An error of `consume` rejects at once, while the body is arriving. Every other outcome waits until `consume` has ended:
 * after it the caller deletes what is stored.
 */
async function receiveMultipart<T>(
  request: Request,
  response: Response,
  consume: FileConsumer<T>,
  fieldNames: readonly string[],
): Promise<ReceivedForm<T>> {
  // Multer would wait forever for the events of a request that was cut off before.
  if (request.destroyed) throw cutOff();
  return new Promise<ReceivedForm<T>>((resolve, reject) => {
    let consumed: { value: T } | undefined;
    let consuming = Promise.resolve();
    const consumeFile = async (stream: Readable, filename: string | null, done: () => void): Promise<void> => {
      try {
        readFields(request, fieldNames);
        consumed = { value: await consume(stream.iterator({ destroyOnReturn: false }), filename, undefined) };
      } catch (error) {
        reject(toMultipartProblem(error) as Error);
        stream.resume();
      }
      done();
    };
    // When the request is cut off, multer calls back at once, or never: after the last byte of the file.
    response.once('close', () => {
      if (!request.complete) void consuming.then(() => reject(cutOff()));
    });
    const storage: StorageEngine = {
      _handleFile: (_request, { stream, originalname }, done) => {
        // Wait one microtask: multer has then also parsed the fields of this chunk, so an unknown field is reported
        // before the file is consumed.
        consuming = Promise.resolve().then(() => consumeFile(stream, cleanFilename(originalname), () => done(null)));
      },
      // The caller deletes the stored bytes when it rolls the batch back.
      _removeFile: (_request, _file, done) => done(null),
    };
    const limits = fieldNames.length === 0 ? MULTIPART_LIMITS : { ...MULTIPART_LIMITS, fieldSize: MAX_FIELD_BYTES };
    multer({ storage, limits, defParamCharset: 'utf8' }).single('file')(request, response, (error?: unknown) => {
      if (error !== undefined && error !== null)
        void consuming.then(() => reject((request.complete ? toMultipartProblem(error) : cutOff()) as Error));
      else if (consumed === undefined)
        reject(new Problem('malformed-request', 'The form holds no file in the field "file".'));
      else {
        try {
          resolve({ value: consumed.value, fields: readFields(request, fieldNames) });
        } catch (fieldError) {
          reject(fieldError as Error);
        }
      }
    });
  });
}

function cutOff(): Problem {
  return new Problem('malformed-request', 'The form was cut off.');
}

/** Rejects other form fields than the listed ones: they would be ignored although the sender relies on them. */
function readFields({ body }: Request, fieldNames: readonly string[]): Record<string, unknown> {
  const fields = (body as Record<string, unknown> | undefined) ?? {};
  const unknown = Object.keys(fields).filter((name) => !fieldNames.includes(name));
  if (unknown.length === 0) return fields;
  const errors = unknown.map((field) => ({
    field,
    code: 'unexpected-field',
    detail:
      fieldNames.length === 0
        ? `the form field ${JSON.stringify(field)} is not read; send it as a query parameter: ?${encodeURIComponent(field)}=…`
        : `the form field ${JSON.stringify(field)} is not read; the fields are file, ${fieldNames.join(', ')}`,
  }));
  const detail = `The form holds ${fieldNames.length === 0 ? 'fields beside the file' : 'unknown fields'}.`;
  throw new Problem('invalid-request', detail, { errors });
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

/** Cleans a file name for display and download; it is never used as a path. */
function cleanFilename(name: string): string | null {
  const base = name
    .replace(/^.*[/\\]/s, '')
    .replace(INVISIBLE_CHARACTERS, '')
    .slice(0, MAX_FILENAME)
    .toWellFormed();
  return base === '' ? null : base;
}
