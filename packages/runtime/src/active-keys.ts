import { timingSafeEqual } from 'node:crypto';
import { type ApiKeys, type Role, type TenantLimits, hashApiKey } from './api-keys';

/** Source of a key: the keys file or API_KEYS, the keys file in the object store, or a tenant's admin through the API. */
export type KeySource = 'file' | 'store' | 'api';
/** Precedence: of two keys with the same name or hash the one of the earlier source is active. */
const SOURCES: readonly KeySource[] = ['file', 'store', 'api'];

/** An active key; only its hash is known. */
export interface ActiveKey {
  readonly tenant: string;
  readonly keyId: string;
  readonly role: Role;
  /** Rights on shared resources: models and the queue board. */
  readonly platform: boolean;
  /** Hex. */
  readonly sha256: string;
  /** Infinity when it does not expire. */
  readonly expiresAtMs: number;
  readonly source: KeySource;
  /** RFC 3339; unknown for keys of files. */
  readonly createdAt?: string;
}

/** The content of a keys file, or of another source with creation times. */
export interface KeyEntries {
  tenants: readonly (Omit<ApiKeys['tenants'][number], 'keys'> & {
    keys: readonly (ApiKeys['tenants'][number]['keys'][number] & { created_at?: string })[];
  })[];
}

/** The active keys. They are replaced atomically, so that no request sees half of a change. */
export class ActiveKeys {
  private readonly entries = new Map<KeySource, KeyEntries>();
  private byHash: ReadonlyMap<string, ActiveKey> = new Map();
  private byName: ReadonlyMap<string, ActiveKey> = new Map();
  private limits: ReadonlyMap<string, TenantLimits> = new Map();
  /** `tenant/key` of inactive keys whose name or hash an earlier source also has. */
  conflicts: readonly string[] = [];

  constructor(keys: KeyEntries) {
    this.replace(keys);
  }

  /** Replaces the keys of one source. */
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

  /** All keys of a tenant, including expired ones. */
  keysOf(tenant: string): ActiveKey[] {
    return [...this.byName.values()].filter((key) => key.tenant === tenant);
  }

  /** Finds a key by its hash and compares in constant time. Returns undefined for an unknown or expired key. */
  findByKey(key: string): ActiveKey | undefined {
    const sha256 = hashApiKey(key);
    const active = this.byHash.get(sha256);
    if (active === undefined || !timingSafeEqual(Buffer.from(active.sha256), Buffer.from(sha256))) return undefined;
    return ifUnexpired(active);
  }

  findByName(tenant: string, keyId: string): ActiveKey | undefined {
    return ifUnexpired(this.byName.get(nameOf({ tenant, keyId })));
  }

  /** The tenant's own limits; the service's defaults apply to the others. */
  limitsOf(tenant: string): TenantLimits {
    return this.limits.get(tenant) ?? {};
  }

  /** Fingerprints of one source's keys by name (`tenant/key`). A fingerprint changes with the key or its rights. */
  fingerprints(source: KeySource = 'file'): Map<string, string> {
    const own = [...this.byName].filter(([, key]) => key.source === source);
    return new Map(
      own.map(([name, { sha256, role, platform, expiresAtMs }]) => [
        name,
        `${sha256} ${role} ${platform} ${expiresAtMs}`,
      ]),
    );
  }

  /** Whether a key found earlier is still active with the same rights. */
  isActive({ sha256, tenant, keyId, role, platform }: ActiveKey): boolean {
    const active = this.findByName(tenant, keyId);
    return active?.sha256 === sha256 && active.role === role && active.platform === platform;
  }
}

function toActiveKeys({ id: tenant, keys }: KeyEntries['tenants'][number], source: KeySource): ActiveKey[] {
  return keys.map(({ id: keyId, role, platform = false, sha256, expires_at, created_at }) => {
    const expiresAtMs = expires_at === undefined ? Infinity : Date.parse(expires_at);
    const created = created_at === undefined ? {} : { createdAt: created_at };
    // Only operators grant platform rights.
    return { tenant, keyId, role, platform: platform && source !== 'api', sha256, expiresAtMs, source, ...created };
  });
}

/** Unambiguous, because neither part contains a slash. */
function nameOf({ tenant, keyId }: Pick<ActiveKey, 'tenant' | 'keyId'>): string {
  return `${tenant}/${keyId}`;
}

export function isUnexpired({ expiresAtMs }: Pick<ActiveKey, 'expiresAtMs'>): boolean {
  return expiresAtMs > Date.now();
}

function ifUnexpired(key: ActiveKey | undefined): ActiveKey | undefined {
  return key !== undefined && isUnexpired(key) ? key : undefined;
}
