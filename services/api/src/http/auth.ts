import { type ApiKeys, type Role, hashApiKey } from '@cytoqueue/runtime';
import type { Request } from 'express';
import type { Principal } from './context';
import { Problem } from './problem';

/** Who may use a route: anybody, whoever works with patients' records, whoever runs the service, or both. */
export type Access = 'public' | 'records' | 'operations' | 'any' | 'admin';

const rolesFor: Record<Exclude<Access, 'public'>, readonly Role[]> = {
  records: ['member', 'admin'],
  operations: ['operator', 'admin'],
  any: ['member', 'operator', 'admin'],
  admin: ['admin'],
};

/** Looks a key up by its SHA-256, which tells nothing of how close a wrong key came. */
export class Authenticator {
  private readonly principals = new Map<string, Principal & { expiresAt: number }>();

  constructor(keys: ApiKeys) {
    for (const { id: tenant, keys: entries } of keys.tenants) {
      for (const { id: keyId, sha256, role, expires_at } of entries) {
        const expiresAt = expires_at === undefined ? Infinity : Date.parse(expires_at);
        this.principals.set(sha256, { tenant, keyId, role, expiresAt });
      }
    }
  }

  /** @throws Problem 401 */
  authenticate(request: Request): Principal {
    const [scheme, key, ...rest] = (request.get('Authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !key || rest.length > 0) throw unauthenticated('Send "Authorization: Bearer <api key>".');
    const principal = this.principals.get(hashApiKey(key));
    if (principal === undefined || principal.expiresAt <= Date.now()) throw unauthenticated('The API key is unknown or has expired.');
    return principal;
  }
}

/** @throws Problem 403 */
export function checkAccess(principal: Principal, access: Exclude<Access, 'public'>): void {
  if (!rolesFor[access].includes(principal.role)) {
    throw new Problem('forbidden', `This needs a key with the role ${rolesFor[access].join(' or ')}.`);
  }
}

function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="cytoqueue"' } });
}
