import type { HeldKey, KeyRing, Role } from '@cytoqueue/runtime';
import type { Request } from 'express';
import type { Principal } from './context';
import type { CookieSessions } from './cookie-session';
import { Problem } from './problem';

/** Who may use a route: everyone, roles that see patients' records, roles that run the service, or keys with platform rights. */
export type Access = 'public' | 'records' | 'operations' | 'any' | 'admin' | 'platform';

const rolesFor: Record<Exclude<Access, 'public' | 'platform'>, readonly Role[]> = {
  records: ['member', 'admin'],
  operations: ['operator', 'admin'],
  any: ['member', 'operator', 'admin'],
  admin: ['admin'],
};

/** Who sends a request: by its API key, or by the session that a key was exchanged for. */
export class Authenticator {
  constructor(
    private readonly keys: KeyRing,
    private readonly sessions: CookieSessions,
  ) {}

  /** A key goes before a cookie, for a browser sends its cookie unasked. @throws Problem 401, 403 */
  async authenticate(request: Request): Promise<Principal> {
    if (request.get('Authorization') !== undefined) return this.byKey(request);
    const grant = await this.sessions.find(request);
    if (grant === undefined) throw unauthenticated('Send "Authorization: Bearer <api key>", or sign in.');
    return { ...grant.key, session: { id: grant.id, expiresAtMs: grant.expiresAtMs } };
  }

  /** The key's owner. @throws Problem 401 */
  keyOwner(key: string): HeldKey {
    const held = this.keys.findByKey(key);
    if (held === undefined) throw unauthenticated('The API key is unknown or has expired.');
    return held;
  }

  /** For answers that last, such as event streams: false once the key was revoked or changed, or the session has ended. */
  async isStillAdmitted({ session, ...key }: Principal): Promise<boolean> {
    if (!this.keys.holds(key)) return false;
    return session === undefined || (session.expiresAtMs > Date.now() && !(await this.sessions.memory.isEnded(session.id)));
  }

  private byKey(request: Request): Principal {
    const [scheme, key, ...rest] = (request.get('Authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !key || rest.length > 0) throw unauthenticated('Send "Authorization: Bearer <api key>".');
    return this.keyOwner(key);
  }
}

/** @throws Problem 403 */
export function checkAccess(principal: Principal, access: Exclude<Access, 'public'>): void {
  if (access === 'platform') return checkPlatform(principal);
  if (!rolesFor[access].includes(principal.role)) {
    throw new Problem('forbidden', `This needs a key with the role ${rolesFor[access].join(' or ')}.`);
  }
}

/** Shared models and the queue board concern every tenant, which no tenant's role does. */
function checkPlatform({ platform }: Principal): void {
  if (!platform) throw new Problem('forbidden', 'This needs a key with platform rights ("platform": true in the keys file).');
}

export function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="cytoqueue"' } });
}
