import { ActiveKeys, createSessionSecret } from '@cytoqueue/runtime';
import { lineageOf, canHaveChildren } from './session-lineage';
import { SessionTokens } from './session-token';

const HOUR_MS = 3_600_000;
const ring = new ActiveKeys({ tenants: [{ id: 'lab', keys: [{ id: 'k1', sha256: 'a'.repeat(64), role: 'member' }] }] });
const key = ring.findByName('lab', 'k1')!;
const seal = new SessionTokens(createSessionSecret(), ring);

test('sessions and tokens created in a session never outlive it', () => {
  const parent = seal.createSessionClaims(key, HOUR_MS);
  const token = seal.createTokenClaims(key, 2 * HOUR_MS, parent);
  const child = seal.createSessionClaims(key, 12 * HOUR_MS, token.parent);
  expect([token.expiresAtMs, child.expiresAtMs]).toEqual([parent.expiresAtMs, parent.expiresAtMs]);
});

test("a session's id contains the ids of its ancestors", () => {
  const parent = seal.createSessionClaims(key, HOUR_MS);
  const child = seal.createSessionClaims(key, HOUR_MS, seal.createTokenClaims(key, HOUR_MS, parent).parent);
  const grandchild = seal.createSessionClaims(key, HOUR_MS, child);
  expect(lineageOf(grandchild.id)).toEqual([parent.id, child.id, grandchild.id]);
  expect(lineageOf(parent.id)).toEqual([parent.id]);
});

test('the number of generations is limited, so that cookies stay short', () => {
  let session = seal.createSessionClaims(key, HOUR_MS);
  let generations = 1;
  for (; canHaveChildren(session.id); generations++) session = seal.createSessionClaims(key, HOUR_MS, session);
  expect(generations).toBe(8);
  expect(seal.sign('session', session).length).toBeLessThan(300);
  expect(seal.verify('session', seal.sign('session', session))).toEqual(session);
});

test('tokens without a parent have the form of version 1, and version 1 rejects the form with a parent', () => {
  const parent = seal.createSessionClaims(key, HOUR_MS);
  const parts = (sealed: string) => sealed.split('.').length;
  expect([
    parts(seal.sign('session', parent)),
    parts(seal.sign('sign-in', seal.createTokenClaims(key, HOUR_MS))),
  ]).toEqual([5, 5]);
  expect(parts(seal.sign('sign-in', seal.createTokenClaims(key, HOUR_MS, parent)))).toBe(7);
});

test("a token's parent session cannot be removed, replaced or extended", () => {
  const parent = seal.createSessionClaims(key, HOUR_MS);
  const sealed = seal.sign('sign-in', seal.createTokenClaims(key, HOUR_MS, parent));
  const [tenant, keyId, expires, id, parentId, parentExpires, mac] = sealed.split('.') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  expect(seal.verify('sign-in', sealed)?.parent).toEqual({ id: parent.id, expiresAtMs: parent.expiresAtMs });
  const forged = [
    [tenant, keyId, expires, id, mac],
    [tenant, keyId, expires, id, 'other', parentExpires, mac],
    [tenant, keyId, expires, id, parentId, String(Number(parentExpires) + 1), mac],
    [tenant, keyId, expires, id, parentId, mac],
    [tenant, keyId, expires, id, parentId, parentExpires],
    [tenant, keyId, expires, `${id}~${parentId}`, mac],
  ];
  for (const parts of forged) expect(seal.verify('sign-in', parts.join('.'))).toBeUndefined();
  expect(seal.verify('session', sealed)).toBeUndefined();
});
