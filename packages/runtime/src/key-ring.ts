import { timingSafeEqual } from 'node:crypto';
import { type ApiKeys, type Role, type TenantLimits, hashApiKey } from './api-keys';

/** A key that is in force, as far as is known of it: its hash. */
export interface HeldKey {
  readonly tenant: string;
  readonly keyId: string;
  readonly role: Role;
  /** Rights on what all tenants share: models and the queue board. */
  readonly platform: boolean;
  /** Hex. */
  readonly sha256: string;
  /** Infinity when it has no end. */
  readonly expiresAtMs: number;
}

/** The keys in force. They are replaced all at once, so that no request meets half of a change. */
export class KeyRing {
  private byHash: ReadonlyMap<string, HeldKey> = new Map();
  private byName: ReadonlyMap<string, HeldKey> = new Map();
  private limits: ReadonlyMap<string, TenantLimits> = new Map();

  constructor(keys: ApiKeys) {
    this.replace(keys);
  }

  replace({ tenants }: ApiKeys): void {
    const held = tenants.flatMap(({ id: tenant, keys }) =>
      keys.map(({ id: keyId, role, platform = false, sha256, expires_at }) => {
        const expiresAtMs = expires_at === undefined ? Infinity : Date.parse(expires_at);
        return { tenant, keyId, role, platform, sha256, expiresAtMs };
      }),
    );
    this.byHash = new Map(held.map((key) => [key.sha256, key]));
    this.byName = new Map(held.map((key) => [nameOf(key), key]));
    this.limits = new Map(tenants.map(({ id, limits = {} }) => [id, limits]));
  }

  /** Looked up by its hash, of which a wrong key tells nothing, and compared in constant time; undefined when unknown or expired. */
  findByKey(key: string): HeldKey | undefined {
    const sha256 = hashApiKey(key);
    const held = this.byHash.get(sha256);
    if (held === undefined || !timingSafeEqual(Buffer.from(held.sha256), Buffer.from(sha256))) return undefined;
    return inForce(held);
  }

  findByName(tenant: string, keyId: string): HeldKey | undefined {
    return inForce(this.byName.get(nameOf({ tenant, keyId })));
  }

  /** What the keys file says of the tenant's limits; the service's defaults hold for the rest. */
  limitsOf(tenant: string): TenantLimits {
    return this.limits.get(tenant) ?? {};
  }

  /** By name (`tenant/key`), what tells whether it still is the same key with the same rights. */
  fingerprints(): Map<string, string> {
    return new Map([...this.byName].map(([name, { sha256, role, platform, expiresAtMs }]) => [name, `${sha256} ${role} ${platform} ${expiresAtMs}`]));
  }

  /** Whether a key that was found earlier still is in force, with the same rights. */
  holds({ sha256, tenant, keyId, role, platform }: HeldKey): boolean {
    const held = this.findByName(tenant, keyId);
    return held?.sha256 === sha256 && held.role === role && held.platform === platform;
  }
}

/** Neither holds a slash. */
function nameOf({ tenant, keyId }: Pick<HeldKey, 'tenant' | 'keyId'>): string {
  return `${tenant}/${keyId}`;
}

function inForce(key: HeldKey | undefined): HeldKey | undefined {
  return key !== undefined && key.expiresAtMs > Date.now() ? key : undefined;
}
