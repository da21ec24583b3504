import type { FieldError } from '@cytoqueue/schema';

/** The problems of this API: stable name → status and title. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request could not be read' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The API key does not have this permission' },
  'cross-site': { status: 403, title: 'The request came from another site' },
  'reauthentication-required': { status: 403, title: 'The API key must be sent again' },
  'not-found': { status: 404, title: 'The resource does not exist' },
  'method-not-allowed': { status: 405, title: 'The resource does not support this method' },
  'too-slow': { status: 408, title: 'The request body arrived too slowly' },
  'already-finished': { status: 409, title: 'The resource is already finished' },
  'results-not-ready': { status: 409, title: 'The results are not ready yet' },
  'no-results': { status: 409, title: 'The batch ended without this file' },
  'not-finished': { status: 409, title: 'The resource is not finished yet' },
  'not-succeeded': { status: 409, title: 'There is no result to confirm' },
  'ambiguous-sample-id': { status: 409, title: 'The sample id stands in several rows' },
  'nothing-to-retry': { status: 409, title: 'Every row has been scored; there is nothing to retry' },
  'nothing-to-roll-back': { status: 409, title: 'The model has no earlier champion' },
  'no-champion': { status: 409, title: 'The model has no champion' },
  'champion-changed': { status: 409, title: 'Another request changed the champion at the same time' },
  'lower-sensitivity': { status: 409, title: 'The version finds fewer malignant records than the champion' },
  'comparison-missing': { status: 409, title: 'The version was not compared with the champion' },
  'key-id-in-use': { status: 409, title: 'The tenant already has a key with this id' },
  'key-of-file': { status: 409, title: 'The key is managed in the keys file' },
  'last-admin-key': { status: 409, title: 'The last admin key cannot be deleted' },
  'too-many-keys': { status: 409, title: 'The tenant has too many keys' },
  'too-many-profiles': { status: 409, title: 'The tenant has too many import profiles' },
  'object-damaged': { status: 409, title: 'A stored document of this resource is damaged' },
  'champion-in-use': { status: 409, title: 'The champion cannot be deleted' },
  'default-model-in-use': { status: 409, title: 'The default model of the settings cannot be deleted' },
  'model-deleted': { status: 410, title: 'The model of the resource was deleted' },
  expired: { status: 410, title: 'The resource has expired' },
  'too-large': { status: 413, title: 'The request is too large' },
  'quota-exceeded': { status: 413, title: 'The storage quota of the tenant is exceeded' },
  'unsupported-media-type': { status: 415, title: 'The content type or encoding is not supported' },
  'range-not-satisfiable': { status: 416, title: 'The range is outside the file' },
  'invalid-request': { status: 422, title: 'The request is not valid' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'invalid-csv': { status: 422, title: 'The file cannot be processed' },
  'invalid-training-file': { status: 422, title: 'No model can be trained on the file' },
  'training-limit': { status: 422, title: 'The training exceeds a limit' },
  'file-has-warnings': { status: 422, title: 'The file has warnings, and the upload asks to refuse it then' },
  'rate-limited': { status: 429, title: 'Too many requests from this tenant; try again later' },
  'too-many-at-once': { status: 429, title: 'Too many concurrent operations of this tenant; try again later' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  'internal-error': { status: 500, title: 'An internal error occurred' },
  'object-unreadable': { status: 500, title: 'A stored document of this resource cannot be read' },
  unavailable: { status: 503, title: 'A service behind the API is unavailable; try again' },
  'storage-full': { status: 507, title: 'The disk of the object store or of the queue is full' },
} as const;

export type ProblemType = keyof typeof problems;

/** The number of errors that a problem lists; `total_errors` counts all. */
const MAX_LISTED_ERRORS = 100;

export interface ProblemOptions {
  errors?: FieldError[];
  /** Number of all errors, if `errors` does not hold them all. */
  totalErrors?: number;
  headers?: Record<string, string>;
  /** Further members of the body. */
  members?: Record<string, unknown>;
  cause?: unknown;
}

/** An error response (RFC 9457). `detail` is for the client and is never logged, because it may quote the request. */
export class Problem extends Error {
  readonly status: number;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;
  private readonly totalErrors: number;
  private readonly members: Record<string, unknown>;

  constructor(
    readonly type: ProblemType,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(type, { cause: options.cause });
    this.status = problems[type].status;
    this.errors = options.errors ?? [];
    this.totalErrors = options.totalErrors ?? this.errors.length;
    this.headers = { Link: `</docs/problems/${type}>; rel="help"`, ...options.headers };
    this.members = options.members ?? {};
  }

  body(requestId: string): Record<string, unknown> {
    const { status, title } = problems[this.type];
    const base = {
      type: `urn:cytoqueue:problem:${this.type}`,
      title,
      status,
      detail: this.detail,
      request_id: requestId,
      ...this.members,
    };
    if (this.errors.length === 0) return base;
    return { ...base, errors: this.errors.slice(0, MAX_LISTED_ERRORS), total_errors: this.totalErrors };
  }
}

/** For a field that must name a class of the model. */
export function unknownClass(field: string, labels: readonly string[], received: string): Problem {
  const detail = `must be a class of the model: ${labels.join(' or ')}`;
  return new Problem('invalid-request', `${field}: ${detail}`, {
    errors: [{ field, code: 'unknown-class', detail, received }],
  });
}
