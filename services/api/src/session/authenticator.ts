import type { ActiveKey, ActiveKeys, Role } from '@cytoqueue/runtime';
import type { Request } from 'express';
import type { Principal } from '../http/request-context';
import type { SessionCookies } from './session-cookie';
import { Problem } from '../http/problem';
import type { Access } from '../http/router';

export const rolesFor: Record<Exclude<Access, 'public' | 'platform'>, readonly Role[]> = {
  'patient-data': ['member', 'admin'],
  operations: ['operator', 'admin'],
  authenticated: ['member', 'operator', 'admin'],
  admin: ['admin'],
};

/** Identifies the sender of a request by its API key or session cookie. */
export class Authenticator {
  constructor(
    private readonly keys: ActiveKeys,
    private readonly sessions: SessionCookies,
    private readonly onUse: (key: ActiveKey) => void,
  ) {}

  /** A key takes precedence over a cookie, which browsers send with every request. @throws Problem 401, 403 */
  async authenticate(request: Request): Promise<Principal> {
    const principal =
      request.get('Authorization') === undefined
        ? await this.authenticateSession(request)
        : this.authenticateKey(request);
    this.onUse(principal);
    return principal;
  }

  private async authenticateSession(request: Request): Promise<Principal> {
    const claims = await this.sessions.find(request);
    if (claims === undefined) throw unauthenticated('Send "Authorization: Bearer <api key>", or sign in.');
    return { ...claims.key, session: { id: claims.id, expiresAtMs: claims.expiresAtMs } };
  }

  /** @throws Problem 401 when the key is unknown or has expired */
  findKey(key: string): ActiveKey {
    const activeKey = this.keys.findByKey(key);
    if (activeKey === undefined)
      throw unauthenticated('The API key is unknown or has expired. Check that it was copied completely.');
    return activeKey;
  }

  /** For long responses such as event streams: false once the key was revoked or changed, or the session has ended. */
  async isStillAuthorized({ session, ...key }: Principal): Promise<boolean> {
    if (!this.keys.isActive(key)) return false;
    return (
      session === undefined || (session.expiresAtMs > Date.now() && !(await this.sessions.store.isRevoked(session.id)))
    );
  }

  private authenticateKey(request: Request): Principal {
    const [scheme, key, ...rest] = (request.get('Authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !key || rest.length > 0)
      throw unauthenticated('Send "Authorization: Bearer <api key>".');
    return this.findKey(key);
  }
}

/** @throws Problem 403 */
export function assertAccess(principal: Principal, access: Exclude<Access, 'public'>): void {
  if (access === 'platform') return assertPlatformRights(principal);
  if (!rolesFor[access].includes(principal.role)) {
    throw new Problem('forbidden', `This requires a key with the role ${rolesFor[access].join(' or ')}.`);
  }
}

/** Shared models and the queue board concern all tenants, so no tenant's role is enough. */
function assertPlatformRights({ platform }: Principal): void {
  if (!platform)
    throw new Problem('forbidden', 'This requires a key with platform rights ("platform": true in the keys file).');
}

export function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="cytoqueue"' } });
}
