import { addKey, removeKey } from './add-key';

const sha256 = 'a'.repeat(64);
const none = { tenants: [] };

it('creates the tenant with its first key and numbers further keys', () => {
  const one = addKey(none, { tenant: 'lab-a', role: 'member', sha256 });
  const two = addKey(one.keys, { tenant: 'lab-a', role: 'admin', sha256, expires_at: '2030-01-01T00:00:00Z' });
  const other = addKey(two.keys, { tenant: 'lab-b', role: 'operator', sha256 });
  expect([one.id, two.id, other.id]).toEqual(['k1', 'k2', 'k1']);
  expect(other.keys).toEqual({
    tenants: [
      {
        id: 'lab-a',
        keys: [
          { id: 'k1', sha256, role: 'member' },
          { id: 'k2', sha256, role: 'admin', expires_at: '2030-01-01T00:00:00Z' },
        ],
      },
      { id: 'lab-b', keys: [{ id: 'k1', sha256, role: 'operator' }] },
    ],
  });
});

it('gives a key the first free number and does not change its argument', () => {
  const before = { tenants: [{ id: 'a', keys: [{ id: 'k2', sha256, role: 'member' as const }] }] };
  expect(addKey(before, { tenant: 'a', role: 'member', sha256 }).keys.tenants[0]?.keys.map(({ id }) => id)).toEqual([
    'k2',
    'k1',
  ]);
  expect(before.tenants[0]?.keys).toHaveLength(1);
});

it('gives platform rights only on request', () => {
  const { keys } = addKey(addKey(none, { tenant: 'ops', role: 'operator', platform: true, sha256 }).keys, {
    tenant: 'ops',
    role: 'operator',
    platform: false,
    sha256,
  });
  expect(keys.tenants[0]?.keys).toEqual([
    { id: 'k1', sha256, role: 'operator', platform: true },
    { id: 'k2', sha256, role: 'operator' },
  ]);
});

it('removes one key and nothing else', () => {
  const { keys } = addKey(addKey(none, { tenant: 'a', role: 'member', sha256 }).keys, {
    tenant: 'a',
    role: 'admin',
    sha256,
  });
  expect(removeKey(keys, 'a', 'k1').tenants).toEqual([{ id: 'a', keys: [{ id: 'k2', sha256, role: 'admin' }] }]);
  expect(() => removeKey(keys, 'a', 'k3')).toThrow('tenant a has no key k3');
  expect(() => removeKey(keys, 'b', 'k1')).toThrow('tenant b has no key k1');
});
