import type { Request, Response } from 'express';
import { Problem } from '../http/problem';
import type { PublicAddress } from '../http/public-address';
import type { SessionStore } from './session-store';
import type { SessionClaims, SessionTokens } from './session-token';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Stores browser sessions in a signed cookie that scripts cannot read and that cross-site requests do not carry. */
export class SessionCookies {
  constructor(
    readonly tokens: SessionTokens,
    readonly store: SessionStore,
    readonly address: PublicAddress,
  ) {}

  /**
   * Returns the session of the request's cookie if it is valid and neither it nor a session in its lineage was revoked.
   * @throws Problem 403 when the request could come from another site's page
   */
  async find(request: Request): Promise<SessionClaims | undefined> {
    const claims = await this.current(request);
    if (claims !== undefined && !SAFE_METHODS.includes(request.method) && !this.isSameOrigin(request))
      throw crossSiteProblem();
    return claims;
  }

  /** @throws Problem 403 when a browser sent the request from another site. Other clients send neither header. */
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

  /**
   * Returns the cookie's session without checking the origin: use it only where no rights of the session are needed.
   */
  async current(request: Request): Promise<SessionClaims | undefined> {
    const token = readCookie(request, this.address.cookieName);
    const claims = token === undefined ? undefined : this.tokens.verify('session', token);
    return claims === undefined || (await this.store.isRevoked(claims.id)) ? undefined : claims;
  }

  /** Browsers send `Sec-Fetch-Site` to secure addresses and `Origin` with unsafe methods; pages cannot set either. */
  private isSameOrigin(request: Request): boolean {
    const site = request.get('Sec-Fetch-Site');
    return site === undefined ? this.address.isOwnOrigin(request.get('Origin') ?? '', request) : site === 'same-origin';
  }
}

function crossSiteProblem(): Problem {
  return new Problem(
    'cross-site',
    'A request with a session cookie must come from a page of this address. Sign in at this address.',
  );
}

/** Rejects duplicate cookies: a sibling host can plant one. */
function readCookie(request: Request, wanted: string): string | undefined {
  const values = (request.get('Cookie') ?? '').split(';').flatMap((pair) => {
    const [name, value] = pair.trim().split('=', 2);
    return name === wanted && value !== undefined ? [value] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}
