import type { RequestHandler } from 'express';
import { notFound } from './error-handler';
import type { RouterDeps } from './router';

/** Paths that end in a slash: the web app and the start page of the queue board. */
const TRAILING_SLASH_PATHS: readonly string[] = ['/', '/admin/queues/'];
/** The characters of a path segment (RFC 3986) without `;`, whose meaning differs between servers. */
const SAFE_SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+$/;
/** Characters whose encoded form other software may treat as another path: unreserved ones and separators. */
const AMBIGUOUS_WHEN_ENCODED = /[A-Za-z0-9._~/\\-]/;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Whether a request target has the one spelling that routes answer to. Proxies, load balancers and our own checks
 * compare spellings, so any other spelling of a path (`//`, `/./`, `%6d`, `;x`, a trailing slash, an absolute URL, a
 * fragment) must not reach a route.
 * @throws URIError when the path cannot be decoded
 */
export function isExactPath(target: string): boolean {
  const [path = ''] = target.split('?', 1);
  if (TRAILING_SLASH_PATHS.includes(path)) return true;
  const [root, ...segments] = path.split('/');
  return root === '' && segments.length > 0 && segments.every(isExactSegment);
}

function isExactSegment(segment: string): boolean {
  // Throws for bytes that are not UTF-8, as decoding in a route would.
  if (segment.includes('%')) decodeURIComponent(segment);
  if (!SAFE_SEGMENT.test(segment) || segment === '.' || segment === '..') return false;
  return (segment.match(/%../g) ?? []).every((encoded) => needsEncoding(Number.parseInt(encoded.slice(1), 16)));
}

/** Control characters never need encoding here, because no resource name contains one. */
function needsEncoding(byte: number): boolean {
  return byte >= SPACE && byte !== DELETE && !AMBIGUOUS_WHEN_ENCODED.test(String.fromCharCode(byte));
}

/** Rejects every other spelling before any router sees it. Under `/v1` the request is authenticated first. */
export function requireExactPath(authenticate: RouterDeps['authenticate']): RequestHandler {
  return async (request, response, next) => {
    const isExact = captureError(() => isExactPath(request.originalUrl));
    if (isExact === true) return next();
    if (request.originalUrl.startsWith('/v1/')) response.locals.context.principal = await authenticate(request);
    if (isExact instanceof Error) throw isExact;
    throw notFound();
  };
}

function captureError(check: () => boolean): boolean | Error {
  try {
    return check();
  } catch (error) {
    return error as Error;
  }
}
