import { createApiKey } from './api-keys';
import { ActiveKeys } from './active-keys';

const [one, two, three] = [createApiKey(), createApiKey(), createApiKey()] as const;
const entries = (tenant: string, id: string, { sha256 }: { sha256: string }, more: object = {}) => ({
  tenants: [{ id: tenant, keys: [{ id, sha256, role: 'admin' as const, ...more }] }],
});

test('keys of all sources are active, and replacing one source keeps the others', () => {
  const ring = new ActiveKeys(entries('lab', 'k1', one));
  ring.replace(entries('lab', 'k2', two), 'store');
  ring.replace(entries('lab', 'k3', three, { created_at: '2026-11-28T12:00:00.000Z' }), 'api');
  expect(ring.keysOf('lab').map(({ keyId, source, createdAt }) => [keyId, source, createdAt])).toEqual([
    ['k1', 'file', undefined],
    ['k2', 'store', undefined],
    ['k3', 'api', '2026-11-28T12:00:00.000Z'],
  ]);
  ring.replace({ tenants: [] }, 'store');
  expect([one, two, three].map(({ key }) => ring.findByKey(key)?.keyId)).toEqual(['k1', undefined, 'k3']);
});

test.each([
  ['name', entries('lab', 'k1', two)],
  ['hash', entries('other', 'k9', one)],
])('of two keys with the same %s that of the earlier source is active and the other is a conflict', (_, later) => {
  const ring = new ActiveKeys(entries('lab', 'k1', one));
  ring.replace(later, 'api');
  expect(ring.findByKey(one.key)).toMatchObject({ tenant: 'lab', keyId: 'k1', source: 'file' });
  expect(ring.findByKey(two.key)).toBeUndefined();
  expect(ring.conflicts).toEqual([`${later.tenants[0]?.id}/${later.tenants[0]?.keys[0]?.id}`]);
  ring.replace({ tenants: [] });
  expect(ring.conflicts).toEqual([]);
});

test('no key created through the API has platform rights', () => {
  const ring = new ActiveKeys(entries('lab', 'k1', one, { platform: true }));
  ring.replace(entries('lab', 'k2', two, { platform: true }), 'api');
  expect(ring.keysOf('lab').map(({ platform }) => platform)).toEqual([true, false]);
});

test('limits come from the first source that has any', () => {
  const ring = new ActiveKeys(entries('lab', 'k1', one));
  ring.replace({ tenants: [{ id: 'lab', keys: [], limits: { event_streams: 3 } }] }, 'store');
  expect(ring.limitsOf('lab')).toEqual({ event_streams: 3 });
  ring.replace({ tenants: [{ id: 'lab', keys: [], limits: { event_streams: 5 } }] });
  expect(ring.limitsOf('lab')).toEqual({ event_streams: 5 });
});
