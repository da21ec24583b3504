import type { RequestHandler } from 'express';
import type { Authenticator } from '../session/authenticator';
import { notFound } from './error-handler';

/** Addresses that end in a slash by intent: the web app and the start page of the queue board. */
const TRAILING_SLASH_PATHS: readonly string[] = ['/', '/admin/queues/'];
/** The characters of a path segment (RFC 3986) without `;`, whose meaning differs between servers. */
const SAFE_SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+$/;
/** What needs no encoding, and what separates: encoded, other software takes either for another path. */
const AMBIGUOUS_WHEN_ENCODED = /[A-Za-z0-9._~/\\-]/;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Whether a request target is written in the one spelling that a route answers to. Proxies, load balancers and our own
 * guards compare spellings, so every other one of the same path (`//`, `/./`, `%6d`, `;x`, a slash at the end, an
 * absolute URL, a fragment) must not reach a route.
 * @throws URIError when the path cannot be decoded
 */
export function isExactPath(target: string): boolean {
  const [path = ''] = target.split('?', 1);
  if (TRAILING_SLASH_PATHS.includes(path)) return true;
  const [root, ...segments] = path.split('/');
  return root === '' && segments.length > 0 && segments.every(isExactSegment);
}

function isExactSegment(segment: string): boolean {
  // Decoded as a whole too, as routes do: bytes that are no UTF-8 are the client's error.
  if (segment.includes('%')) decodeURIComponent(segment);
  if (!SAFE_SEGMENT.test(segment) || segment === '.' || segment === '..') return false;
  return (segment.match(/%../g) ?? []).every((encoded) => needsEncoding(Number.parseInt(encoded.slice(1), 16)));
}

/** No name of ours holds a control character. */
function needsEncoding(byte: number): boolean {
  return byte >= SPACE && byte !== DELETE && !AMBIGUOUS_WHEN_ENCODED.test(String.fromCharCode(byte));
}

/** Refuses every other spelling of an address before any router sees it. Under `/v1` a key is needed to learn even that. */
export function requireExactPath(authenticator: Authenticator): RequestHandler {
  return async (request, response, next) => {
    const isExact = captureError(() => isExactPath(request.originalUrl));
    if (isExact === true) return next();
    if (request.originalUrl.startsWith('/v1/'))
      response.locals.context.principal = await authenticator.authenticate(request);
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
