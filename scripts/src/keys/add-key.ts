import { type ApiKeys, ApiKeysError, type Role } from '@cytoqueue/runtime';

export interface NewKey {
  readonly tenant: string;
  readonly role: Role;
  /** Rights on what all tenants share: models and the queue board. */
  readonly platform?: boolean;
  readonly sha256: string;
  /** RFC 3339; a key without it has no end. */
  readonly expires_at?: string;
}

/**
 * The keys with one more, in its tenant, which is made when new; its id is the first free one of k1, k2, …
 * @param takenIds of the tenant's keys that are kept elsewhere
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

/** The keys without one of them; its tenant stays. @throws ApiKeysError when there is no such key */
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
