import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { PublicAddress } from './public-address';

const YEAR_SECONDS = 365 * 86_400;

/** Allows what the web app and `/docs` need from this origin; no inline script or style, no other host, no framing. */
const DIRECTIVES = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

/**
 * Sets security headers on every response: no content sniffing, no framing or embedding, scripts from this origin only.
 */
export function securityHeaders(address: PublicAddress): RequestHandler {
  const helmetHeaders = helmet({
    // Set below only for TLS requests (TRUST_PROXY, PUBLIC_URL): without TLS it would lock browsers out.
    strictTransportSecurity: false,
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    xFrameOptions: { action: 'deny' },
  });
  return (request, response, next) => {
    if (address.isSecure(request))
      response.set('Strict-Transport-Security', `max-age=${YEAR_SECONDS}; includeSubDomains`);
    helmetHeaders(request, response, next);
  };
}
