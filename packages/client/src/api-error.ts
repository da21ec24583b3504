import type { FieldError } from './types';

interface ProblemBody {
  type?: string;
  title?: string;
  detail?: string;
  request_id?: string;
  errors?: FieldError[];
  total_errors?: number;
}

const TYPE_PREFIX = 'urn:cytoqueue:problem:';

/** The API returned a problem document (RFC 9457). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Stable name of the problem, such as `invalid-csv`; `http-error` when the response came from a proxy. */
  readonly type: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** Errors in the input, at most the first hundred. */
  readonly errors: readonly FieldError[];
  readonly totalErrors: number;
  /** Set when the outcome of a creation is unknown; repeat the request with this key. */
  idempotencyKey?: string;

  constructor(
    readonly status: number,
    body: ProblemBody,
    /** Delay before a retry, from the Retry-After header. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(`${body.title ?? `the service answered ${status}`}${body.detail === undefined ? '' : `: ${body.detail}`}`);
    this.type = body.type?.startsWith(TYPE_PREFIX) === true ? body.type.slice(TYPE_PREFIX.length) : 'http-error';
    this.detail = body.detail ?? '';
    this.requestId = body.request_id;
    this.errors = body.errors ?? [];
    this.totalErrors = body.total_errors ?? this.errors.length;
  }
}

/**
 * No complete response arrived: the service is unreachable or the connection was interrupted. The request may have succeeded.
 * Repeated with the same idempotency key it returns the resource that the first request created.
 */
export class ConnectionError extends Error {
  override readonly name: string = 'ConnectionError';
  /** Set for requests that create a resource; repeat the request with this key. */
  idempotencyKey?: string;
}

/** A successful status with a body that is not the API's, such as a proxy's HTML page or truncated JSON. */
export class InvalidResponseError extends ConnectionError {
  override readonly name = 'InvalidResponseError';
}

/** Whether the request may have succeeded: there was no response, or only a proxy's error page. */
export function mayHaveSucceeded(error: unknown): error is ConnectionError | ApiError {
  return (
    error instanceof ConnectionError ||
    (error instanceof ApiError && error.type === 'http-error' && error.status >= 500)
  );
}

/** @throws InvalidResponseError */
export function parseResponse<T>(text: string, contentType: string | null): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    const isHtml = contentType !== null && /\bhtml\b/i.test(contentType);
    const problem = isHtml
      ? 'an HTML page instead of JSON; check the URL and any proxy in front of the service'
      : 'incomplete or invalid JSON';
    throw new InvalidResponseError(`the response is ${problem}`, { cause: error });
  }
}

/** The parts of a response that the client needs, from `fetch` or XMLHttpRequest. */
export interface FailedResponse {
  status: number;
  header: (name: string) => string | null;
  text: string;
}

export function toApiError({ status, header, text }: FailedResponse, nowMs: number = Date.now()): ApiError {
  return new ApiError(status, parseProblem(text), parseRetryAfterMs(header('Retry-After'), nowMs));
}

function parseProblem(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Parses a Retry-After header: seconds or an HTTP date (RFC 9110). */
function parseRetryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
