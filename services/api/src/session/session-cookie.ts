import type { Request, Response } from 'express';
import { Problem } from '../http/problem';
import type { PublicAddress } from '../http/public-address';
import type { SessionStore } from './session-store';
import type { SessionClaims, SessionTokens } from './session-token';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Browser sessions: a sealed cookie that script cannot read and that other sites' requests do not carry. */
export class SessionCookies {
  constructor(
    readonly tokens: SessionTokens,
    readonly store: SessionStore,
    readonly address: PublicAddress,
  ) {}

  /**
   * The session that the request's cookie holds, if it is valid and neither it nor a session it comes from has ended.
   * @throws Problem 403 when the request could come from another site's page
   */
  async find(request: Request): Promise<SessionClaims | undefined> {
    const claims = await this.current(request);
    if (claims !== undefined && !SAFE_METHODS.includes(request.method) && !this.isSameOrigin(request))
      throw crossSiteProblem();
    return claims;
  }

  /** @throws Problem 403 when a browser says that another site's page sent this. Clients other than browsers send neither header. */
  assertSameOrigin(request: Request): void {
    const hasNoOriginHeaders = request.get('Sec-Fetch-Site') === undefined && request.get('Origin') === undefined;
    if (!hasNoOriginHeaders && !this.isSameOrigin(request)) throw crossSiteProblem();
  }

  set(response: Response, claims: SessionClaims): void {
    const maxAge = claims.expiresAtMs - Date.now();
    response.cookie(this.address.cookieName, this.tokens.sign('session', claims), {
      ...this.address.cookieOptions(response.req),
      maxAge,
    });
  }

  clear(response: Response): void {
    response.clearCookie(this.address.cookieName, this.address.cookieOptions(response.req));
  }

  /** The session of the cookie, whichever page sent it: for nothing that the session's rights are needed for. */
  async current(request: Request): Promise<SessionClaims | undefined> {
    const token = readCookie(request, this.address.cookieName);
    const claims = token === undefined ? undefined : this.tokens.verify('session', token);
    return claims === undefined || (await this.store.isRevoked(claims.id)) ? undefined : claims;
  }

  /** Browsers send `Sec-Fetch-Site` to secure addresses and `Origin` with every unsafe method; no page can set either. */
  private isSameOrigin(request: Request): boolean {
    const site = request.get('Sec-Fetch-Site');
    return site === undefined ? this.address.isOwnOrigin(request.get('Origin') ?? '', request) : site === 'same-origin';
  }
}

function crossSiteProblem(): Problem {
  return new Problem('cross-site', 'A request with a session cookie must come from a page of this address.');
}

/** Two of them are none: the second could be planted by a neighbouring host. */
function readCookie(request: Request, wanted: string): string | undefined {
  const values = (request.get('Cookie') ?? '').split(';').flatMap((pair) => {
    const [name, value] = pair.trim().split('=', 2);
    return name === wanted && value !== undefined ? [value] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}
