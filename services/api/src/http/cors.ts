import type { RequestHandler } from 'express';

const METHODS = 'GET, HEAD, POST, PUT, DELETE';
const REQUEST_HEADERS =
  'Authorization, Content-Type, Content-Encoding, Idempotency-Key, Prefer, Range, If-Range, If-None-Match, Last-Event-ID, X-Request-Id';
const RESPONSE_HEADERS =
  'Content-Disposition, Content-Range, ETag, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, Sunset, X-Request-Id';
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of the listed origins (`*`: of any) call the API with an API key (CORS). Never allows credentials, so the session cookie of
 * a user does not work there. Without origins nothing is allowed.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  const allowsAny = origins.includes('*');
  return (request, response, next) => {
    if (origins.length === 0) return next();
    if (!allowsAny) response.vary('Origin');
    const origin = request.get('Origin');
    const isAllowed = origin !== undefined && (allowsAny || origins.includes(origin));
    if (!isAllowed) return next();
    response.set('Access-Control-Allow-Origin', allowsAny ? '*' : origin);
    response.set('Access-Control-Expose-Headers', RESPONSE_HEADERS);
    if (request.method !== 'OPTIONS' || request.get('Access-Control-Request-Method') === undefined) return next();
    response
      .status(204)
      .set({
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
      })
      .end();
  };
}
