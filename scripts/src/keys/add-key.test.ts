import { addKey } from './add-key';

const sha256 = 'a'.repeat(64);

it('makes the tenant with its first key and numbers the next ones', () => {
  const one = addKey({ tenants: [] }, { tenant: 'lab-a', role: 'member', sha256 });
  const two = addKey(one, { tenant: 'lab-a', role: 'admin', sha256 });
  const other = addKey(two, { tenant: 'lab-b', role: 'operator', sha256 });
  expect(other).toEqual({
    tenants: [
      { id: 'lab-a', keys: [{ id: 'k1', sha256, role: 'member' }, { id: 'k2', sha256, role: 'admin' }] },
      { id: 'lab-b', keys: [{ id: 'k1', sha256, role: 'operator' }] },
    ],
  });
});

it('gives a key the first number that is free and leaves its argument as it was', () => {
  const before = { tenants: [{ id: 'a', keys: [{ id: 'k2', sha256, role: 'member' as const }] }] };
  expect(addKey(before, { tenant: 'a', role: 'member', sha256 }).tenants[0]?.keys.map(({ id }) => id)).toEqual(['k2', 'k1']);
  expect(before.tenants[0]?.keys).toHaveLength(1);
});
