import type { ActiveKey, ActiveKeys, Role } from '@cytoqueue/runtime';
import type { Request } from 'express';
import type { Principal } from '../http/request-context';
import type { SessionCookies } from './session-cookie';
import { Problem } from '../http/problem';

/** Who may use a route: everyone, roles that see patients' records, roles that run the service, or keys with platform rights. */
export type Access = 'public' | 'patient-data' | 'operations' | 'authenticated' | 'admin' | 'platform';

const rolesFor: Record<Exclude<Access, 'public' | 'platform'>, readonly Role[]> = {
  'patient-data': ['member', 'admin'],
  operations: ['operator', 'admin'],
  authenticated: ['member', 'operator', 'admin'],
  admin: ['admin'],
};

/** Who sends a request: by its API key, or by the session that a key was exchanged for. */
export class Authenticator {
  constructor(
    private readonly keys: ActiveKeys,
    private readonly sessions: SessionCookies,
    private readonly onUse: (key: ActiveKey) => void,
  ) {}

  /** A key goes before a cookie, for a browser sends its cookie unasked. @throws Problem 401, 403 */
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

  /** The key's owner. @throws Problem 401 */
  findKey(key: string): ActiveKey {
    const activeKey = this.keys.findByKey(key);
    if (activeKey === undefined) throw unauthenticated('The API key is unknown or has expired.');
    return activeKey;
  }

  /** For answers that last, such as event streams: false once the key was revoked or changed, or the session has ended. */
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
    throw new Problem('forbidden', `This needs a key with the role ${rolesFor[access].join(' or ')}.`);
  }
}

/** Shared models and the queue board concern every tenant, which no tenant's role does. */
function assertPlatformRights({ platform }: Principal): void {
  if (!platform)
    throw new Problem('forbidden', 'This needs a key with platform rights ("platform": true in the keys file).');
}

export function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="cytoqueue"' } });
}
