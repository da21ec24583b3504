import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HeldKey, KeyRing } from '@cytoqueue/runtime';

/** A sealed grant is good for one purpose: a cookie is no sign-in token, nor the reverse. */
export type SealPurpose = 'session' | 'sign-in';

export interface Grant {
  key: HeldKey;
  expiresAtMs: number;
  /** Names this one grant; random. */
  id: string;
}

/**
 * Grants that need no memory: what they say, under an HMAC. The key's hash is sealed in and not said, so that a grant ends
 * with its key, and a new key of the same name does not revive it.
 */
export class SessionSeal {
  constructor(
    private readonly secret: string,
    private readonly keys: KeyRing,
  ) {}

  /** Not longer than the key itself. */
  grant(key: HeldKey, lifetimeMs: number): Grant {
    const wholeSeconds = Math.floor(Math.min(Date.now() + lifetimeMs, key.expiresAtMs) / 1_000);
    return { key, expiresAtMs: wholeSeconds * 1_000, id: randomBytes(12).toString('base64url') };
  }

  close(purpose: SealPurpose, grant: Grant): string {
    const { key, expiresAtMs, id } = grant;
    return [key.tenant, key.keyId, expiresAtMs, id, this.mac(purpose, grant)].join('.');
  }

  /** Undefined when it is not ours, has run out, or its key is in force no more. */
  open(purpose: SealPurpose, sealed: string): Grant | undefined {
    const [tenant = '', keyId = '', expires = '', id = '', mac = '', ...rest] = sealed.split('.');
    const key = this.keys.findByName(tenant, keyId);
    if (key === undefined || rest.length > 0) return undefined;
    const grant = { key, expiresAtMs: Number(expires), id };
    const given = Buffer.from(mac);
    const expected = Buffer.from(this.mac(purpose, grant));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return grant.expiresAtMs > Date.now() ? grant : undefined;
  }

  private mac(purpose: SealPurpose, { key, expiresAtMs, id }: Grant): string {
    const said = JSON.stringify([purpose, key.tenant, key.keyId, key.sha256, expiresAtMs, id]);
    return createHmac('sha256', this.secret).update(said).digest('base64url');
  }
}
