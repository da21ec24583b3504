import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ActiveKey, ActiveKeys } from '@cytoqueue/runtime';
import { childId } from './session-lineage';

/** A token is valid for one purpose: a session cookie is not accepted as a sign-in token, nor the reverse. */
export type TokenPurpose = 'session' | 'sign-in';

/** The session in which another session or token was created. */
export interface ParentSession {
  readonly id: string;
  readonly expiresAtMs: number;
}

export interface SessionClaims {
  key: ActiveKey;
  expiresAtMs: number;
  /** Random. The id of a session with a parent begins with the parent's id. */
  id: string;
  /** For a sign-in token that was created in a session: its session ends with the parent. */
  parent?: ParentSession;
}

/**
 * Signs and verifies stateless tokens with an HMAC. The key's hash is signed but not contained in the token, so
 * revoking or replacing the key ends its sessions. A token without a parent has the form of version 1, which rejects
 * the longer form of a token with a parent.
 */
export class SessionTokens {
  constructor(
    private readonly secret: string,
    private readonly keys: ActiveKeys,
  ) {}

  /** A session of a key or of a token created in another session; it expires no later than either. */
  createSessionClaims(key: ActiveKey, lifetimeMs: number, parent?: ParentSession): SessionClaims {
    const untilMs = Math.min(Date.now() + lifetimeMs, key.expiresAtMs, parent?.expiresAtMs ?? Infinity);
    return { key, expiresAtMs: wholeSeconds(untilMs), id: childId(parent?.id, randomId()) };
  }

  /** A sign-in token of a key or of the session in which it is created. */
  createTokenClaims(key: ActiveKey, lifetimeMs: number, parent?: ParentSession): SessionClaims {
    const untilMs = Math.min(Date.now() + lifetimeMs, key.expiresAtMs, parent?.expiresAtMs ?? Infinity);
    return { key, expiresAtMs: wholeSeconds(untilMs), id: randomId(), ...(parent === undefined ? {} : { parent }) };
  }

  sign(purpose: TokenPurpose, claims: SessionClaims): string {
    const { key, expiresAtMs, id, parent } = claims;
    const origin = parent === undefined ? [] : [parent.id, parent.expiresAtMs];
    return [key.tenant, key.keyId, expiresAtMs, id, ...origin, this.mac(purpose, claims)].join('.');
  }

  /** @returns undefined when the signature is wrong, the token has expired or its key is not active */
  verify(purpose: TokenPurpose, token: string): SessionClaims | undefined {
    const parts = token.split('.');
    const mac = parts.pop() ?? '';
    const [tenant = '', keyId = '', expires = '', id = '', parentId = '', parentExpires = ''] = parts;
    const key = this.keys.findByName(tenant, keyId);
    if (key === undefined || (parts.length !== 4 && parts.length !== 6)) return undefined;
    const origin = parts.length === 4 ? {} : { parent: { id: parentId, expiresAtMs: Number(parentExpires) } };
    const claims: SessionClaims = { key, expiresAtMs: Number(expires), id, ...origin };
    if (!isEqual(mac, this.mac(purpose, claims))) return undefined;
    return claims.expiresAtMs > Date.now() ? claims : undefined;
  }

  private mac(purpose: TokenPurpose, { key, expiresAtMs, id, parent }: SessionClaims): string {
    const origin = parent === undefined ? [] : [parent.id, parent.expiresAtMs];
    const payload = JSON.stringify([purpose, key.tenant, key.keyId, key.sha256, expiresAtMs, id, ...origin]);
    return createHmac('sha256', this.secret).update(payload).digest('base64url');
  }
}

function randomId(): string {
  return randomBytes(12).toString('base64url');
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
