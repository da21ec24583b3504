import type { FieldError } from '@cytoqueue/schema';

/** Every problem this API answers with: stable name → status and title. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'unauthenticated': { status: 401, title: 'A valid API key is needed' },
  'forbidden': { status: 403, title: 'This key may not do that' },
  'cross-site': { status: 403, title: 'Another site may not do that' },
  'reauthentication-required': { status: 403, title: 'A browser session alone may not do that' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'method-not-allowed': { status: 405, title: 'The resource does not know this method' },
  'too-slow': { status: 408, title: 'The request body came too slowly' },
  'already-finished': { status: 409, title: 'The resource has reached its end' },
  'results-not-ready': { status: 409, title: 'The results are not ready' },
  'no-results': { status: 409, title: 'The batch ended without this file' },
  'not-finished': { status: 409, title: 'The resource has not reached its end' },
  'nothing-to-retry': { status: 409, title: 'Every row was scored' },
  'nothing-to-roll-back': { status: 409, title: 'There is no earlier champion' },
  'no-champion': { status: 409, title: 'The model has no champion' },
  'champion-changed': { status: 409, title: 'Somebody else changed the champion at the same time' },
  'key-id-in-use': { status: 409, title: 'A key of this tenant has this id' },
  'key-of-file': { status: 409, title: 'The key belongs to the keys file' },
  'last-admin-key': { status: 409, title: 'The tenant would have no admin key' },
  'too-many-keys': { status: 409, title: 'The tenant has created too many keys' },
  'object-damaged': { status: 409, title: 'A stored document of this resource is damaged' },
  'expired': { status: 410, title: 'The resource has reached the end of its retention' },
  'too-large': { status: 413, title: 'The request is too large' },
  'quota-exceeded': { status: 413, title: 'The tenant has no room left' },
  'unsupported-media-type': { status: 415, title: 'This content type or encoding is not accepted' },
  'range-not-satisfiable': { status: 416, title: 'The range lies outside the file' },
  'invalid-request': { status: 422, title: 'The request is understood but not valid' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key belongs to another request' },
  'invalid-csv': { status: 422, title: 'The file cannot be used' },
  'rate-limited': { status: 429, title: 'Too many requests of this tenant; try again later' },
  'too-many-at-once': { status: 429, title: 'Too much of this tenant is open at once' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'Something broke on our side' },
  'object-unreadable': { status: 500, title: 'A stored document of this resource cannot be read' },
  'unavailable': { status: 503, title: 'A service behind the API does not answer; try again' },
  'storage-full': { status: 507, title: 'There is no room to store this' },
} as const;

export type ProblemType = keyof typeof problems;

/** How many items a problem lists; the rest is counted in `total_errors`. */
const MAX_ITEMS = 100;

export interface ProblemOptions {
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An answer in the form of RFC 9457. `detail` goes to the sender, never to a log. */
export class Problem extends Error {
  readonly status: number;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;

  constructor(
    readonly type: ProblemType,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(type, { cause: options.cause });
    this.status = problems[type].status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  body(requestId: string): Record<string, unknown> {
    const { status, title } = problems[this.type];
    const base = { type: `urn:cytoqueue:problem:${this.type}`, title, status, detail: this.detail, request_id: requestId };
    if (this.errors.length === 0) return base;
    return { ...base, errors: this.errors.slice(0, MAX_ITEMS), total_errors: this.errors.length };
  }
}
