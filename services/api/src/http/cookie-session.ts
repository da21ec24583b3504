import type { Request, Response } from 'express';
import { Problem } from './problem';
import type { SessionMemory } from './session-memory';
import type { Grant, SessionSeal } from './session-seal';

export const SESSION_COOKIE = 'cytoqueue_session';
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Browser sessions: a sealed cookie that script cannot read and that other sites' requests do not carry. */
export class CookieSessions {
  constructor(
    readonly seal: SessionSeal,
    readonly memory: SessionMemory,
  ) {}

  /**
   * The session that the request's cookie holds, if it is good.
   * @throws Problem 403 when the request could be another site's doing
   */
  async find(request: Request): Promise<Grant | undefined> {
    const sealed = cookieOf(request);
    const grant = sealed === undefined ? undefined : this.seal.open('session', sealed);
    if (grant === undefined || (await this.memory.isEnded(grant.id))) return undefined;
    if (!SAFE_METHODS.includes(request.method) && !isSameOrigin(request)) throw crossSite();
    return grant;
  }

  set(response: Response, grant: Grant): void {
    const maxAge = grant.expiresAtMs - Date.now();
    response.cookie(SESSION_COOKIE, this.seal.close('session', grant), { ...cookieOptions(response), maxAge });
  }

  clear(response: Response): void {
    response.clearCookie(SESSION_COOKIE, cookieOptions(response));
  }
}

/** @throws Problem 403 when a browser says that another site's page sent this. What is no browser says nothing. */
export function refuseCrossSite(request: Request): void {
  const saysNothing = request.get('Sec-Fetch-Site') === undefined && request.get('Origin') === undefined;
  if (!saysNothing && !isSameOrigin(request)) throw crossSite();
}

function crossSite(): Problem {
  return new Problem('cross-site', 'A request with a session cookie must come from a page of this address.');
}

/** Browsers send `Sec-Fetch-Site` to secure addresses and `Origin` with every unsafe method; no page can set either. */
function isSameOrigin(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site === 'same-origin';
  const origin = request.get('Origin') ?? '';
  return URL.canParse(origin) && new URL(origin).host === request.host;
}

/** Two of them are none: the second could be planted by a neighbouring host. */
function cookieOf(request: Request): string | undefined {
  const values = (request.get('Cookie') ?? '').split(';').flatMap((pair) => {
    const [name, value] = pair.trim().split('=', 2);
    return name === SESSION_COOKIE && value !== undefined ? [value] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}

function cookieOptions(response: Response) {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: response.req.secure } as const;
}
