import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { PublicAddress } from './public-address';

const YEAR_SECONDS = 365 * 86_400;

/** What the web app and `/docs` need, from this address only; no inline script or style, no outside host, no frame around us. */
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

/** Headers on every answer: content is what its type says, nobody frames or embeds it, scripts come from here alone. */
export function securityHeaders(address: PublicAddress): RequestHandler {
  const helmetHeaders = helmet({
    // Whether there is TLS in front, only the proxy knows (TRUST_PROXY, PUBLIC_URL): without TLS this one would lock browsers out.
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
