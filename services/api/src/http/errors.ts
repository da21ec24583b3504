import { CsvError } from '@cytoqueue/csv';
import { QueueUnavailableError } from '@cytoqueue/queue';
import { ChampionChangedError, ModelDigestError, ModelFileError, NoChampionError, UnknownModelError } from '@cytoqueue/registry';
import { SchemaError } from '@cytoqueue/schema';
import { InvalidKeyError, ObjectCorruptError, ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '@cytoqueue/storage';
import type { ErrorRequestHandler, Response } from 'express';
import { MulterError } from 'multer';
import { drainRefused } from './drain';
import { Problem } from './problem';

const RETRY_SECONDS = '2';

/** The one place where errors become statuses. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SchemaError) {
    return new Problem('invalid-request', 'The record does not fit the model.', { errors: error.errors, cause: error });
  }
  if (error instanceof CsvError) return fileProblem(error);
  if (error instanceof UnknownModelError) {
    return new Problem('invalid-request', error.message, { errors: [{ field: 'model', code: error.code, detail: error.message }] });
  }
  if (error instanceof NoChampionError) return new Problem('no-champion', error.message, { cause: error });
  if (error instanceof ChampionChangedError) return new Problem('champion-changed', 'Look at the model again before you promote.', { cause: error });
  if (error instanceof ObjectNotFoundError || error instanceof InvalidKeyError) return notFound(error);
  if (error instanceof ObjectCorruptError || error instanceof ModelFileError) return damaged(error);
  if (error instanceof StoreFullError) return new Problem('storage-full', 'The object store is full.', { cause: error });
  if (error instanceof StoreUnavailableError) return unavailable('The object store does not answer.', error);
  if (error instanceof QueueUnavailableError) return unavailable('The queue does not answer.', error);
  if (error instanceof ModelDigestError) return unavailable('The model in the store is not the one that was pinned.', error);
  if (error instanceof MulterError) return multipartProblem(error);
  return frameworkProblem(error) ?? new Problem('internal-error', 'The error was logged under the request id.', { cause: error });
}

function damaged(cause: Error): Problem {
  return new Problem('object-damaged', 'A stored document is damaged. The operators were alerted; send the data again.', { cause });
}

/** A damaged object that is met while an answer is under way, or that the answer can do without. */
export function alarmOfDamage(response: Response, error: Error): void {
  response.locals.context.log.error({ err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
}

export function notFound(cause?: unknown): Problem {
  return new Problem('not-found', 'No resource of yours has this address.', { cause });
}

function unavailable(detail: string, cause: unknown): Problem {
  return new Problem('unavailable', detail, { headers: { 'Retry-After': RETRY_SECONDS }, cause });
}

function fileProblem(error: CsvError): Problem {
  const { code, row, column, message } = error;
  return new Problem('invalid-csv', message, { errors: [{ row, column, code, detail: message }], cause: error });
}

function multipartProblem(error: MulterError): Problem {
  if (error.code === 'LIMIT_FILE_SIZE') return new Problem('too-large', 'The file is larger than an upload may be.', { cause: error });
  const detail = `The form must hold exactly one file, in the field "file" (${error.code}).`;
  return new Problem('malformed-request', detail, { errors: [{ field: 'file', code: error.code, detail }], cause: error });
}

/** Errors of Express and of the parsers below it carry a status of their own. */
function frameworkProblem(error: unknown): Problem | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  if (error instanceof URIError) return new Problem('malformed-request', 'The address is not a valid URI.', { cause: error });
  if (status === 413) return new Problem('too-large', 'The body is larger than this request may be.', { cause: error });
  if (status === 415) return new Problem('unsupported-media-type', 'The content type, charset or encoding is not accepted.', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('malformed-request', 'The request cannot be read.', { cause: error });
  }
  return undefined;
}

/** Answers with the problem; what is our fault, or somebody's whom ops can wake, is logged with its cause. */
export const handleErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const problem = toProblem(error);
  const { log, id } = response.locals.context;
  // Whoever went away reads no answer, and that they went is nobody's fault. What was wrong may quote what they sent.
  if (response.destroyed) return log.info({ problem: problem.type }, 'client went away');
  if (problem.type === 'object-damaged') log.error({ err: problem.cause, problem: problem.type, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
  if (problem.status >= 500) log.error({ err: problem.cause ?? problem, problem: problem.type }, 'request failed');
  if (response.headersSent) return next(error);
  drainRefused(request);
  response.status(problem.status).set(problem.headers).type('application/problem+json').send(JSON.stringify(problem.body(id)));
};
