import { timingSafeEqual } from 'node:crypto';
import { type ApiKeys, type Role, type TenantLimits, hashApiKey } from './api-keys';

/** Where a key comes from: the keys file or API_KEYS, the operators' keys file in the object store, or a tenant's admin by API. */
export type KeySource = 'file' | 'store' | 'api';
/** Of two keys with one name or hash the one of the earlier source is in force. */
const SOURCES: readonly KeySource[] = ['file', 'store', 'api'];

/** A key that is in force, as far as is known of it: its hash. */
export interface ActiveKey {
  readonly tenant: string;
  readonly keyId: string;
  readonly role: Role;
  /** Rights on what all tenants share: models and the queue board. */
  readonly platform: boolean;
  /** Hex. */
  readonly sha256: string;
  /** Infinity when it has no end. */
  readonly expiresAtMs: number;
  readonly source: KeySource;
  /** RFC 3339; keys of files do not say when they were made. */
  readonly createdAt?: string;
}

/** The content of a keys file, or keys of another source with the time at which each was created. */
export interface KeyEntries {
  tenants: readonly (Omit<ApiKeys['tenants'][number], 'keys'> & {
    keys: readonly (ApiKeys['tenants'][number]['keys'][number] & { created_at?: string })[];
  })[];
}

/** The keys in force. They are replaced all at once, so that no request meets half of a change. */
export class ActiveKeys {
  private readonly entries = new Map<KeySource, KeyEntries>();
  private byHash: ReadonlyMap<string, ActiveKey> = new Map();
  private byName: ReadonlyMap<string, ActiveKey> = new Map();
  private limits: ReadonlyMap<string, TenantLimits> = new Map();
  /** `tenant/key` of keys that are not in force because an earlier source has their name or hash. */
  conflicts: readonly string[] = [];

  constructor(keys: KeyEntries) {
    this.replace(keys);
  }

  /** Replaces the keys of one source; those of the others stay. */
  replace(keys: KeyEntries, source: KeySource = 'file'): void {
    this.entries.set(source, keys);
    const byHash = new Map<string, ActiveKey>();
    const byName = new Map<string, ActiveKey>();
    const limits = new Map<string, TenantLimits>();
    const conflicts: string[] = [];
    for (const from of SOURCES) {
      const tenants = this.entries.get(from)?.tenants ?? [];
      for (const tenant of tenants)
        if (tenant.limits !== undefined && !limits.has(tenant.id)) limits.set(tenant.id, tenant.limits);
      for (const key of tenants.flatMap((tenant) => toActiveKeys(tenant, from))) {
        const name = nameOf(key);
        if (byName.has(name) || byHash.has(key.sha256)) conflicts.push(name);
        else byHash.set(key.sha256, byName.set(name, key).get(name) as ActiveKey);
      }
    }
    this.byHash = byHash;
    this.byName = byName;
    this.limits = limits;
    this.conflicts = conflicts;
  }

  /** Every key of a tenant, also those that have expired. */
  keysOf(tenant: string): ActiveKey[] {
    return [...this.byName.values()].filter((key) => key.tenant === tenant);
  }

  /** Looked up by its hash, of which a wrong key tells nothing, and compared in constant time; undefined when unknown or expired. */
  findByKey(key: string): ActiveKey | undefined {
    const sha256 = hashApiKey(key);
    const active = this.byHash.get(sha256);
    if (active === undefined || !timingSafeEqual(Buffer.from(active.sha256), Buffer.from(sha256))) return undefined;
    return ifUnexpired(active);
  }

  findByName(tenant: string, keyId: string): ActiveKey | undefined {
    return ifUnexpired(this.byName.get(nameOf({ tenant, keyId })));
  }

  /** What the keys file says of the tenant's limits; the service's defaults hold for the rest. */
  limitsOf(tenant: string): TenantLimits {
    return this.limits.get(tenant) ?? {};
  }

  /** Of one source's keys, by name (`tenant/key`): what tells whether it still is the same key with the same rights. */
  fingerprints(source: KeySource = 'file'): Map<string, string> {
    const own = [...this.byName].filter(([, key]) => key.source === source);
    return new Map(
      own.map(([name, { sha256, role, platform, expiresAtMs }]) => [
        name,
        `${sha256} ${role} ${platform} ${expiresAtMs}`,
      ]),
    );
  }

  /** Whether a key that was found earlier still is in force, with the same rights. */
  isActive({ sha256, tenant, keyId, role, platform }: ActiveKey): boolean {
    const active = this.findByName(tenant, keyId);
    return active?.sha256 === sha256 && active.role === role && active.platform === platform;
  }
}

function toActiveKeys({ id: tenant, keys }: KeyEntries['tenants'][number], source: KeySource): ActiveKey[] {
  return keys.map(({ id: keyId, role, platform = false, sha256, expires_at, created_at }) => {
    const expiresAtMs = expires_at === undefined ? Infinity : Date.parse(expires_at);
    const created = created_at === undefined ? {} : { createdAt: created_at };
    // Only operators give platform rights.
    return { tenant, keyId, role, platform: platform && source !== 'api', sha256, expiresAtMs, source, ...created };
  });
}

/** Neither holds a slash. */
function nameOf({ tenant, keyId }: Pick<ActiveKey, 'tenant' | 'keyId'>): string {
  return `${tenant}/${keyId}`;
}

export function isUnexpired({ expiresAtMs }: Pick<ActiveKey, 'expiresAtMs'>): boolean {
  return expiresAtMs > Date.now();
}

function ifUnexpired(key: ActiveKey | undefined): ActiveKey | undefined {
  return key !== undefined && isUnexpired(key) ? key : undefined;
}
