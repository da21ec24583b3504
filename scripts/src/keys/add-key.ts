import type { ApiKeys, Role } from '@cytoqueue/runtime';

export interface NewKey {
  readonly tenant: string;
  readonly role: Role;
  readonly sha256: string;
}

/** The keys with one more, in its tenant, which is made when new; its id is the first free one of k1, k2, … */
export function addKey(keys: ApiKeys, { tenant, role, sha256 }: NewKey): ApiKeys {
  const tenants = structuredClone(keys.tenants);
  let own = tenants.find(({ id }) => id === tenant);
  if (own === undefined) tenants.push((own = { id: tenant, keys: [] }));
  own.keys.push({ id: freeId(own.keys.map(({ id }) => id)), sha256, role });
  return { tenants };
}

function freeId(taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`k${number}`)) number++;
  return `k${number}`;
}
