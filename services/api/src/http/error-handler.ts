import type { ErrorRequestHandler, Response } from 'express';
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

/** Maps an error of a request to its problem. */
export type ToProblem = (error: unknown) => Problem;

/** Maps problems and errors of Express and the operating system; any other error is an internal error. */
export function toHttpProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return (
    frameworkProblem(error) ?? systemProblem(error) ?? new Problem('internal-error', INTERNAL_DETAIL, { cause: error })
  );
}

/** Raises the alarm for a damaged object whose problem cannot, or need not, be the response. */
export function logDamageAlarm(response: Response, error: Error): void {
  response.locals.context.log.error({ err: error, alarm: 'object-corrupt' }, 'ALARM: a stored object is damaged');
}

export function notFound(cause?: unknown): Problem {
  return new Problem('not-found', 'You have no resource with this address.', { cause });
}

export function unavailable(detail: string, cause: unknown): Problem {
  return new Problem('unavailable', detail, { headers: { 'Retry-After': RETRY_AFTER_SECONDS }, cause });
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
export function createErrorHandler(toProblem: ToProblem): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => respondWithError(response, toProblemSafely(error, toProblem));
}

function respondWithError(response: Response, problem: Problem): void {
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
}

/** Any value can be thrown, even one whose properties throw when read. */
function toProblemSafely(error: unknown, toProblem: ToProblem): Problem {
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
