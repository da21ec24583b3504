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

/** The API answered, and not with what was asked for (RFC 9457). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Stable name of the problem, such as `invalid-csv`; `http-error` when the answer came from something in front of the API. */
  readonly type: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** What is wrong in the input, at most the first hundred places. */
  readonly errors: readonly FieldError[];
  readonly totalErrors: number;
  /** Of a creation whose outcome is unknown, to repeat it safely. */
  idempotencyKey?: string;

  constructor(
    readonly status: number,
    body: ProblemBody,
    /** When to try again, as the API says. */
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
 * No complete answer arrived: the service is unreachable, or the connection broke. The request may have been carried out
 * all the same; repeated with the same idempotency key it returns what the first one created.
 */
export class ConnectionError extends Error {
  override readonly name: string = 'ConnectionError';
  /** Of a request that creates something, to repeat it safely. */
  idempotencyKey?: string;
}

/** A success that is not the API's: a proxy's HTML page, or JSON that ends early. */
export class InvalidResponseError extends ConnectionError {
  override readonly name = 'InvalidResponseError';
}

/** Whether the request may have been carried out: no answer of the API came, but none at all or a proxy's error page. */
export function isOutcomeUnknown(error: unknown): error is ConnectionError | ApiError {
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
    const what = isHtml
      ? 'an HTML page instead of JSON; check the address, and any proxy in front of the service'
      : 'JSON that is incomplete or invalid';
    throw new InvalidResponseError(`the answer is ${what}`, { cause: error });
  }
}

/** An answer as the client needs it, from `fetch` or from an XMLHttpRequest. */
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

/** Seconds or an HTTP date (RFC 9110). */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
