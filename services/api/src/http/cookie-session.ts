import type { Request, Response } from 'express';
import { Problem } from './problem';
import type { PublicAddress } from './public-address';
import type { SessionMemory } from './session-memory';
import type { Grant, SessionSeal } from './session-seal';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Browser sessions: a sealed cookie that script cannot read and that other sites' requests do not carry. */
export class CookieSessions {
  constructor(
    readonly seal: SessionSeal,
    readonly memory: SessionMemory,
    readonly address: PublicAddress,
  ) {}

  /**
   * The session that the request's cookie holds, if it is valid and neither it nor a session it comes from has ended.
   * @throws Problem 403 when the request could come from another site's page
   */
  async find(request: Request): Promise<Grant | undefined> {
    const grant = await this.current(request);
    if (grant !== undefined && !SAFE_METHODS.includes(request.method) && !this.isSameOrigin(request)) throw crossSite();
    return grant;
  }

  /** @throws Problem 403 when a browser says that another site's page sent this. Clients other than browsers send neither header. */
  refuseCrossSite(request: Request): void {
    const saysNothing = request.get('Sec-Fetch-Site') === undefined && request.get('Origin') === undefined;
    if (!saysNothing && !this.isSameOrigin(request)) throw crossSite();
  }

  set(response: Response, grant: Grant): void {
    const maxAge = grant.expiresAtMs - Date.now();
    response.cookie(this.address.cookieName, this.seal.close('session', grant), { ...this.address.cookieOptions(response.req), maxAge });
  }

  clear(response: Response): void {
    response.clearCookie(this.address.cookieName, this.address.cookieOptions(response.req));
  }

  /** The session of the cookie, whichever page sent it: for nothing that the session's rights are needed for. */
  async current(request: Request): Promise<Grant | undefined> {
    const sealed = cookieOf(request, this.address.cookieName);
    const grant = sealed === undefined ? undefined : this.seal.open('session', sealed);
    return grant === undefined || (await this.memory.isEnded(grant.id)) ? undefined : grant;
  }

  /** Browsers send `Sec-Fetch-Site` to secure addresses and `Origin` with every unsafe method; no page can set either. */
  private isSameOrigin(request: Request): boolean {
    const site = request.get('Sec-Fetch-Site');
    return site === undefined ? this.address.isOwnOrigin(request.get('Origin') ?? '', request) : site === 'same-origin';
  }
}

function crossSite(): Problem {
  return new Problem('cross-site', 'A request with a session cookie must come from a page of this address.');
}

/** Two of them are none: the second could be planted by a neighbouring host. */
function cookieOf(request: Request, wanted: string): string | undefined {
  const values = (request.get('Cookie') ?? '').split(';').flatMap((pair) => {
    const [name, value] = pair.trim().split('=', 2);
    return name === wanted && value !== undefined ? [value] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}
