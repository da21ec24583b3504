import { type ApiKeys, ApiKeysError, type Role } from '@cytoqueue/runtime';

export interface NewKey {
  readonly tenant: string;
  readonly role: Role;
  /** Rights on shared models and the queue board. */
  readonly platform?: boolean;
  readonly sha256: string;
  /** RFC 3339; without it the key does not expire. */
  readonly expires_at?: string;
}

/**
 * Adds a key to its tenant, which is created if necessary; the id is the first free one of k1, k2, …
 * @param takenIds ids of the tenant's keys that are stored elsewhere
 */
export function addKey(
  keys: ApiKeys,
  { tenant, role, platform, sha256, expires_at }: NewKey,
  takenIds: readonly string[] = [],
): { keys: ApiKeys; id: string } {
  const tenants = structuredClone(keys.tenants);
  let own = tenants.find(({ id }) => id === tenant);
  if (own === undefined) tenants.push((own = { id: tenant, keys: [] }));
  const id = freeId([...takenIds, ...own.keys.map((key) => key.id)]);
  own.keys.push({
    id,
    sha256,
    role,
    ...(platform === true ? { platform } : {}),
    ...(expires_at === undefined ? {} : { expires_at }),
  });
  return { keys: { tenants }, id };
}

/** Removes a key; its tenant stays. @throws ApiKeysError when there is no such key */
export function removeKey(keys: ApiKeys, tenant: string, id: string): ApiKeys {
  const tenants = structuredClone(keys.tenants);
  const own = tenants.find((candidate) => candidate.id === tenant);
  const kept = own?.keys.filter((key) => key.id !== id);
  if (own === undefined || kept?.length === own.keys.length)
    throw new ApiKeysError(`tenant ${tenant} has no key ${id}`);
  own.keys = kept ?? [];
  return { tenants };
}

function freeId(taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`k${number}`)) number++;
  return `k${number}`;
}
