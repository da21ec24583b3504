import { mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../test/src/support/wait-until';
import { type ApiKeys, type Role, createApiKey, saveApiKeys } from './api-keys';
import { type KeyChange, ApiKeyFilePoller } from './api-key-file-poller';

let dir: string;
let file: string;
let keys: ApiKeyFilePoller;
let errors: string[];
let changes: KeyChange[];

const one = createApiKey();
const two = createApiKey();
const fileOf = (
  ...entries: { id: string; sha256: string; role?: Role; platform?: boolean; expires_at?: string }[]
): ApiKeys => ({
  tenants: [{ id: 'lab', keys: entries.map(({ role = 'member', ...entry }) => ({ role, ...entry })) }],
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'key-file-'));
  file = join(dir, 'keys.json');
  errors = [];
  changes = [];
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: one.sha256 }));
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: ({ reason }: { reason: string }) => void errors.push(reason),
  };
  keys = await ApiKeyFilePoller.open({
    file,
    logger: logger as never,
    onChange: (change) => void changes.push(change),
  });
});

afterEach(async () => {
  await keys.stop();
  await rm(dir, { recursive: true });
});

const holds = ({ key }: { key: string }) => keys.activeKeys.findByKey(key) !== undefined;

test('a key is added, rotated and revoked without a restart', async () => {
  const held = keys.activeKeys.findByKey(one.key);
  expect(held).toMatchObject({ tenant: 'lab', keyId: 'k1', role: 'member', expiresAtMs: Infinity });
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: one.sha256 }, { id: 'k2', sha256: two.sha256 }));
  await keys.poll();
  expect([holds(one), holds(two)]).toEqual([true, true]);
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: two.sha256 }));
  await keys.poll();
  expect([holds(one), holds(two)]).toEqual([false, true]);
  expect(keys.activeKeys.isActive(held as never)).toBe(false);
  expect(changes.map(({ added, removed }) => [added, removed])).toEqual([
    [['lab/k2'], []],
    [['lab/k1'], ['lab/k1', 'lab/k2']],
  ]);
});

test('a changed role deactivates the key found before', async () => {
  const held = keys.activeKeys.findByKey(one.key);
  expect(keys.activeKeys.isActive(held as never)).toBe(true);
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: one.sha256, role: 'operator' }));
  await keys.poll();
  expect(keys.activeKeys.findByKey(one.key)?.role).toBe('operator');
  expect(keys.activeKeys.isActive(held as never)).toBe(false);
});

test('changed platform rights deactivate the key found before', async () => {
  const held = keys.activeKeys.findByKey(one.key);
  expect(held?.platform).toBe(false);
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: one.sha256, platform: true }));
  await keys.poll();
  expect(keys.activeKeys.findByKey(one.key)?.platform).toBe(true);
  expect(keys.activeKeys.isActive(held as never)).toBe(false);
  expect(changes).toMatchObject([{ added: ['lab/k1'], removed: ['lab/k1'] }]);
});

/** Replaces the file atomically. */
async function putWhole(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

test.each([
  ['is broken', () => putWhole('{"tenants": [')],
  ['says something else', () => putWhole('{"tenants": [{"id": "lab", "keys": [{"id": "k1"}]}]}')],
  ['is gone', () => unlink(file)],
])('a file that %s keeps the previous keys and logs one error', async (_, spoil) => {
  await spoil();
  for (let look = 0; look < 3; look++) await keys.poll();
  expect(holds(one)).toBe(true);
  expect(errors).toHaveLength(1);
  expect(errors[0]).not.toContain(one.key);
  await saveApiKeys(file, fileOf({ id: 'k2', sha256: two.sha256 }));
  await keys.poll();
  expect([holds(one), holds(two)]).toEqual([false, true]);
});

test('once started it reads the file by itself', async () => {
  await saveApiKeys(file, fileOf({ id: 'k1', sha256: one.sha256 }, { id: 'k2', sha256: two.sha256 }));
  keys.start();
  await waitUntil('the new key is valid', () => holds(two));
  expect(changes.map(({ added }) => added)).toEqual([['lab/k2']]);
});

test('a key expires', () => {
  keys.activeKeys.replace(fileOf({ id: 'k1', sha256: one.sha256, expires_at: new Date(Date.now() - 1).toISOString() }));
  expect([holds(one), keys.activeKeys.findByName('lab', 'k1')]).toEqual([false, undefined]);
  keys.activeKeys.replace(
    fileOf({ id: 'k1', sha256: one.sha256, expires_at: new Date(Date.now() + 60_000).toISOString() }),
  );
  expect(holds(one)).toBe(true);
});

test('names of Object.prototype are not keys or tenants', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(keys.activeKeys.findByName(name, name)).toBeUndefined();
    expect(keys.activeKeys.limitsOf(name)).toEqual({});
  }
});
