import { ModelFileError } from '@cytoqueue/classifier';
import { CsvError } from '@cytoqueue/csv';
import { QueueUnavailableError } from '@cytoqueue/queue';
import { ChampionChangedError, ModelDigestError, NoChampionError, UnknownModelError } from '@cytoqueue/registry';
import { SchemaError } from '@cytoqueue/schema';
import { TabularError } from '@cytoqueue/tabular';
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
import { Problem, type ProblemType } from './problem';

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

/** The one place where errors become statuses. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SchemaError) {
    return new Problem('invalid-request', 'The record does not fit the model.', { errors: error.errors, cause: error });
  }
  if (error instanceof CsvError) return csvProblem(error);
  if (error instanceof TabularError) return importProblem(error);
  if (error instanceof UnknownModelError) {
    return new Problem('invalid-request', error.message, {
      errors: [{ field: 'model', code: error.code, detail: error.message }],
    });
  }
  if (error instanceof NoChampionError) return new Problem('no-champion', error.message, { cause: error });
  if (error instanceof ChampionChangedError)
    return new Problem('champion-changed', 'Look at the model again before you promote.', { cause: error });
  if (error instanceof ObjectNotFoundError || error instanceof InvalidKeyError) return notFound(error);
  if (error instanceof ObjectCorruptError || error instanceof ModelFileError) return damagedProblem(error);
  if (error instanceof StoreFullError)
    return new Problem('storage-full', 'The object store is full.', { cause: error });
  if (error instanceof ObjectUnreadableError) return unreadable(error);
  if (error instanceof StoreUnavailableError) return unavailable('The object store does not answer.', error);
  if (error instanceof DocumentChangedError) return unavailable('Others change the same document.', error);
  if (error instanceof QueueUnavailableError) return unavailable('The queue does not answer.', error);
  if (error instanceof ModelDigestError)
    return unavailable('The model in the store is not the one that was pinned.', error);
  if (error instanceof MulterError) return multipartProblem(error);
  return (
    frameworkProblem(error) ?? systemProblem(error) ?? new Problem('internal-error', INTERNAL_DETAIL, { cause: error })
  );
}

function damagedProblem(cause: Error): Problem {
  return new Problem(
    'object-damaged',
    'A stored document is damaged. The operators were alerted; send the data again.',
    { cause },
  );
}

/** Keys name tenants and ids only, and the caller's own resources are read under the caller's tenant. */
function unreadable(cause: ObjectUnreadableError): Problem {
  const detail = `The object store answers, but it cannot read ${cause.key}. The operators were alerted; other resources are not affected.`;
  return new Problem('object-unreadable', detail, { cause });
}

/** A damaged object that is met while an answer is under way, or that the answer can do without. */
export function logDamageAlarm(response: Response, error: Error): void {
  response.locals.context.log.error({ err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
}

export function notFound(cause?: unknown): Problem {
  return new Problem('not-found', 'No resource of yours has this address.', { cause });
}

function unavailable(detail: string, cause: unknown): Problem {
  return new Problem('unavailable', detail, { headers: { 'Retry-After': RETRY_AFTER_SECONDS }, cause });
}

function csvProblem(error: CsvError): Problem {
  const { code, row, column, message } = error;
  return new Problem('invalid-csv', message, { errors: [{ row, column, code, detail: message }], cause: error });
}

function importProblem(error: TabularError): Problem {
  const { code, line, message } = error;
  const detail = `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`;
  const type = IMPORT_PROBLEMS[code] ?? 'invalid-csv';
  return new Problem(type, detail, { errors: [{ line, code, detail }], cause: error });
}

/** Errors of an import that are no fault of the file's content. */
const IMPORT_PROBLEMS: Partial<Record<string, ProblemType>> = {
  'unsupported-charset': 'unsupported-media-type',
  'expands-too-far': 'too-large',
  'too-many-rows': 'invalid-request',
  'import-out-of-memory': 'too-large',
};

function multipartProblem(error: MulterError): Problem {
  if (error.code === 'LIMIT_FILE_SIZE')
    return new Problem('too-large', 'The file is larger than an upload may be.', { cause: error });
  const detail = `The form must hold exactly one file, in the field "file" (${error.code}).`;
  return new Problem('malformed-request', detail, {
    errors: [{ field: 'file', code: error.code, detail }],
    cause: error,
  });
}

/** Errors of Express and of the parsers below it carry a status of their own. */
function frameworkProblem(error: unknown): Problem | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  if (error instanceof URIError)
    return new Problem('malformed-request', 'The address is not a valid URI.', { cause: error });
  if (status === 413) return new Problem('too-large', 'The body is larger than this request may be.', { cause: error });
  if (status === 415)
    return new Problem('unsupported-media-type', 'The content type, charset or encoding is not accepted.', {
      cause: error,
    });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('malformed-request', 'The request cannot be read.', { cause: error });
  }
  return undefined;
}

/** Errors of the operating system that no part below has named: a full disk, too few descriptors, no permission. */
function systemProblem(error: unknown): Problem | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return undefined;
  if (DISK_FULL_CODES.has(code)) return new Problem('storage-full', 'The object store is full.', { cause: error });
  return UNAVAILABLE_CODES.has(code) ? unavailable('A service behind the API does not answer.', error) : undefined;
}

/** Headers that an answer set before it failed, and that would describe the problem wrongly. */
const FILE_HEADERS = [
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Content-Encoding',
  'Accept-Ranges',
  'ETag',
];

/** Answers with the problem, unless an answer has begun. */
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
 * The last handler: every error becomes a problem, and logs its cause when it is not the client's. It never throws and
 * never passes an error on, because Express would answer with a stack trace. An answer that has begun is cut off.
 */
export const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const problem = toProblemSafely(error);
  try {
    logProblem(response, problem);
  } catch {
    // The log cannot be written; the client is answered all the same.
  }
  try {
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  } catch {
    response.destroy();
  }
};

/** Anything can be thrown, also a value that throws when it is looked at. */
function toProblemSafely(error: unknown): Problem {
  try {
    return toProblem(error);
  } catch {
    return new Problem('internal-error', INTERNAL_DETAIL);
  }
}

function logProblem(response: Response, problem: Problem): void {
  const { log } = response.locals.context;
  // A client that went away reads no answer, and is no fault. A refused request is not logged: its cause may quote the client.
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
