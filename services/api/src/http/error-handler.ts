import { ModelFileError } from '@cytoqueue/classifier';
import { CsvError } from '@cytoqueue/csv';
import { QueueUnavailableError } from '@cytoqueue/queue';
import { ChampionChangedError, ModelDigestError, NoChampionError, UnknownModelError } from '@cytoqueue/registry';
import { SchemaError } from '@cytoqueue/schema';
import { DocumentChangedError } from '@cytoqueue/records';
import {
  InvalidKeyError,
  ObjectCorruptError,
  ObjectNotFoundError,
  ObjectUnreadableError,
  StoreFullError,
  StoreUnavailableError,
} from '@cytoqueue/storage';
import type { ErrorRequestHandler, Response } from 'express';
import { MulterError } from 'multer';
import { Problem } from './problem';

const RETRY_AFTER_SECONDS = '2';
const INTERNAL_DETAIL = 'The error was logged under the request id.';
const DISK_FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);
const UNAVAILABLE_CODES = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ESTALE',
  'ENOTCONN',
]);

/** Maps every error to a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SchemaError) {
    return new Problem(
      'invalid-request',
      'The record does not match the features of the model. Correct the listed fields.',
      { errors: error.errors, cause: error },
    );
  }
  if (error instanceof CsvError) return csvProblem(error);
  if (error instanceof UnknownModelError) {
    return new Problem('invalid-request', error.message, {
      errors: [{ field: 'model', code: error.code, detail: error.message }],
    });
  }
  if (error instanceof NoChampionError) return new Problem('no-champion', error.message, { cause: error });
  if (error instanceof ChampionChangedError)
    return new Problem(
      'champion-changed',
      'Another request changed the champion. Read the model again before you promote.',
      { cause: error },
    );
  if (error instanceof ObjectNotFoundError || error instanceof InvalidKeyError) return notFound(error);
  if (error instanceof ObjectCorruptError || error instanceof ModelFileError) return damagedProblem(error);
  if (error instanceof StoreFullError)
    return new Problem('storage-full', 'The object store is full.', { cause: error });
  if (error instanceof ObjectUnreadableError) return unreadable(error);
  if (error instanceof StoreUnavailableError) return unavailable('The object store is unavailable.', error);
  if (error instanceof DocumentChangedError)
    return unavailable('Other requests are changing the same document.', error);
  if (error instanceof QueueUnavailableError) return unavailable('The queue is unavailable.', error);
  if (error instanceof ModelDigestError)
    return unavailable('The stored model differs from the one that the request pinned.', error);
  if (error instanceof MulterError) return multipartProblem(error);
  return (
    frameworkProblem(error) ?? systemProblem(error) ?? new Problem('internal-error', INTERNAL_DETAIL, { cause: error })
  );
}

function damagedProblem(cause: Error): Problem {
  return new Problem(
    'object-damaged',
    'A stored document is damaged. The operators have been alerted. Send the data again.',
    { cause },
  );
}

/** Naming the key is safe: it contains only the caller's own tenant and ids. */
function unreadable(cause: ObjectUnreadableError): Problem {
  const detail = `The object store cannot read ${cause.key}. The operators have been alerted. Other resources work.`;
  return new Problem('object-unreadable', detail, { cause });
}

/** Raises the alarm for a damaged object whose problem cannot, or need not, be the response. */
export function logDamageAlarm(response: Response, error: Error): void {
  response.locals.context.log.error({ err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
}

export function notFound(cause?: unknown): Problem {
  return new Problem('not-found', 'You have no resource with this address.', { cause });
}

function unavailable(detail: string, cause: unknown): Problem {
  return new Problem('unavailable', detail, { headers: { 'Retry-After': RETRY_AFTER_SECONDS }, cause });
}

function csvProblem(error: CsvError): Problem {
  const { code, row, column, message } = error;
  return new Problem('invalid-csv', message, { errors: [{ row, column, code, detail: message }], cause: error });
}

function multipartProblem(error: MulterError): Problem {
  if (error.code === 'LIMIT_FILE_SIZE')
    return new Problem('too-large', 'The file exceeds the size limit of an upload.', { cause: error });
  const detail = `Send a form with exactly one file, in the field "file" (${error.code}).`;
  return new Problem('malformed-request', detail, {
    errors: [{ field: 'file', code: error.code, detail }],
    cause: error,
  });
}

/** Errors of Express and its parsers carry an HTTP status. */
function frameworkProblem(error: unknown): Problem | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  if (error instanceof URIError)
    return new Problem('malformed-request', 'The address is not a valid URI.', { cause: error });
  if (status === 413)
    return new Problem('too-large', 'The body exceeds the size limit of this request.', { cause: error });
  if (status === 415)
    return new Problem('unsupported-media-type', 'The content type, charset or encoding is not supported.', {
      cause: error,
    });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('malformed-request', 'The request could not be read.', { cause: error });
  }
  return undefined;
}

/** Errors of the operating system that no package wraps: a full disk, too few file descriptors, no permission. */
function systemProblem(error: unknown): Problem | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return undefined;
  if (DISK_FULL_CODES.has(code)) return new Problem('storage-full', 'The object store is full.', { cause: error });
  return UNAVAILABLE_CODES.has(code) ? unavailable('A service behind the API is unavailable.', error) : undefined;
}

/** Headers that a handler may have set before it failed and that do not fit a problem. */
const FILE_HEADERS = [
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Content-Encoding',
  'Accept-Ranges',
  'ETag',
];

/** Sends the problem, unless a response has already started. */
export function sendProblem(response: Response, problem: Problem): void {
  if (response.headersSent) return;
  for (const name of FILE_HEADERS) response.removeHeader(name);
  const body = JSON.stringify(problem.body(String(response.getHeader('X-Request-Id') ?? '')));
  response
    .status(problem.status)
    .set(problem.headers)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(body);
}

/**
 * The last handler: sends a problem for every error and logs the causes of server errors. It never throws and never
 * passes an error on, because Express would respond with a stack trace. A response that has started is cut off.
 */
export const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const problem = toProblemSafely(error);
  try {
    logProblem(response, problem);
  } catch {
    // Respond even if the log cannot be written.
  }
  try {
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  } catch {
    response.destroy();
  }
};

/** Any value can be thrown, even one whose properties throw when read. */
function toProblemSafely(error: unknown): Problem {
  try {
    return toProblem(error);
  } catch {
    return new Problem('internal-error', INTERNAL_DETAIL);
  }
}

function logProblem(response: Response, problem: Problem): void {
  const { log } = response.locals.context;
  // A disconnected client is not an error. Client errors are not logged, because their causes may quote the request.
  if (response.destroyed) log.info({ problem: problem.type }, 'client went away');
  else if (problem.type === 'object-damaged')
    log.error(
      { err: problem.cause, problem: problem.type, alarm: 'object-corrupt' },
      'ALARM: a stored object is damaged',
    );
  else if (problem.type === 'object-unreadable')
    log.error(
      { err: problem.cause, problem: problem.type, alarm: 'object-unreadable' },
      'ALARM: a stored object cannot be read',
    );
  else if (problem.status >= 500) log.error({ err: problem.cause ?? problem, problem: problem.type }, 'request failed');
}
