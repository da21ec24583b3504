import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ApiKeys,
  ApiKeysError,
  createApiKey,
  ensureLocalApiKey,
  hashApiKey,
  loadApiKeys,
  parseApiKeys,
  saveApiKeys,
} from './api-keys';

const COMPILED = join(__dirname, '..', 'dist');
const PROCESSES = 4;

const sha256 = hashApiKey('cq_some');
const keysOf = (entry: object) =>
  JSON.stringify({ tenants: [{ id: 'lab-a', keys: [{ id: 'k1', sha256, role: 'member', ...entry }] }] });

describe('a keys file', () => {
  test('gives tenants, roles and hashes', () => {
    const expires_at = '2030-01-01T00:00:00Z';
    expect(parseApiKeys(keysOf({ expires_at }), 'keys.json')).toEqual({
      tenants: [{ id: 'lab-a', keys: [{ id: 'k1', sha256, role: 'member', expires_at }] }],
    });
  });

  test.each([
    ['no tenants', '{}', 'tenants: '],
    ['another role', keysOf({ role: 'root' }), 'tenants.0.keys.0.role: '],
    ['a key instead of its hash', keysOf({ sha256: 'cq_some' }), 'tenants.0.keys.0.sha256: must be a hex SHA-256'],
    ['an id that could leave its prefix', keysOf({ id: '../x' }), 'tenants.0.keys.0.id: '],
    ['platform rights that are no boolean', keysOf({ platform: 'yes' }), 'tenants.0.keys.0.platform: '],
    ['an unknown right', keysOf({ superuser: true }), 'tenants.0.keys.0: '],
    ['a date that is none', keysOf({ expires_at: 'soon' }), 'tenants.0.keys.0.expires_at: '],
    ['a misspelt expiry, which would never come', keysOf({ expires: '2030-01-01T00:00:00Z' }), 'tenants.0.keys.0: '],
  ])('with %s is refused with its position', (_, text, place) => {
    expect(() => parseApiKeys(text, 'keys.json')).toThrow(ApiKeysError);
    expect(() => parseApiKeys(text, 'keys.json')).toThrow(`keys.json is invalid. ${place}`);
  });

  test('with a duplicate key is refused', () => {
    const entry = { id: 'k1', sha256, role: 'member' };
    const text = JSON.stringify({
      tenants: [
        { id: 'a', keys: [entry] },
        { id: 'b', keys: [entry] },
      ],
    });
    expect(() => parseApiKeys(text, 'keys.json')).toThrow('tenants.1.keys.0.sha256: occurs twice');
  });

  test('that contains a plain-text key is refused without printing it', () => {
    const { key } = createApiKey();
    expect(() => parseApiKeys(key, 'keys.json')).toThrow(new ApiKeysError('keys.json is not JSON'));
  });
});

describe('the local key', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'api-keys-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  const ids = ({ tenants }: ApiKeys) => tenants.flatMap(({ id, keys }) => keys.map((key) => `${id}/${key.id}`));

  test('is created once, for the owner only, without leftover files', async () => {
    const first = await ensureLocalApiKey(dir);
    expect(await ensureLocalApiKey(dir)).toEqual(first);
    const { tenants } = await loadApiKeys(first.apiKeysFile);
    expect(tenants).toEqual([
      { id: 'local', keys: [{ id: 'local', sha256: hashApiKey(first.key), role: 'admin', platform: true }] },
    ]);
    expect((await readdir(dir)).sort()).toEqual(['api-keys.json', 'local-api-key']);
    for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
  });

  test('is created once by concurrent processes and callers', async () => {
    const script = `const { ensureLocalApiKey } = require(${JSON.stringify(COMPILED)});
      Promise.all([1, 2, 3].map(() => ensureLocalApiKey(process.argv[1]))).then((made) => console.log(JSON.stringify(made)));`;
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, () => promisify(execFile)(process.execPath, ['-e', script, dir])),
    );
    const made = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as { key: string; apiKeysFile: string }[]);
    expect(made).toHaveLength(PROCESSES * 3);
    const [{ key, apiKeysFile }] = made as [(typeof made)[number]];
    expect(new Set(made.map((one) => one.key))).toEqual(new Set([key]));
    expect((await loadApiKeys(apiKeysFile)).tenants[0]?.keys[0]?.sha256).toBe(hashApiKey(key));
    expect(await readdir(dir)).toHaveLength(2);
  });

  test('of version 1 gets platform rights, and one to which the file denies them stays as it is', async () => {
    const { key, apiKeysFile } = await ensureLocalApiKey(dir);
    const of = (platform?: boolean): ApiKeys => ({
      tenants: [
        {
          id: 'local',
          keys: [
            { id: 'local', sha256: hashApiKey(key), role: 'admin', ...(platform === undefined ? {} : { platform }) },
          ],
          limits: { units_per_minute: 7 },
        },
      ],
    });
    for (const [before, after] of [
      [undefined, true],
      [true, true],
      [false, false],
    ] as const) {
      await saveApiKeys(apiKeysFile, of(before));
      expect((await ensureLocalApiKey(dir)).key).toBe(key);
      expect(await loadApiKeys(apiKeysFile)).toEqual(of(after));
    }
  });

  test('is replaced after a loss, and all other keys are kept', async () => {
    const { apiKeysFile, key } = await ensureLocalApiKey(dir);
    const { tenants } = await loadApiKeys(apiKeysFile);
    const lab = { id: 'lab-a', keys: [{ id: 'k1', sha256, role: 'member' as const }] };
    tenants[0]?.keys.push({ id: 'k1', sha256: hashApiKey('cq_other'), role: 'operator' });
    const limits = { units_per_minute: 7 };
    await saveApiKeys(apiKeysFile, { tenants: [{ ...tenants[0]!, limits }, lab] });
    await unlink(join(dir, 'local-api-key'));

    const replaced = await ensureLocalApiKey(dir);
    const keys = await loadApiKeys(apiKeysFile);
    expect(keys.tenants[0]?.limits).toEqual(limits);
    expect(ids(keys)).toEqual(['local/local', 'local/k1', 'lab-a/k1']);
    expect(JSON.stringify(keys)).toContain(hashApiKey(replaced.key));
    expect(JSON.stringify(keys)).not.toContain(hashApiKey(key));
  });

  test('is not created when the keys file is invalid', async () => {
    await writeFile(join(dir, 'api-keys.json'), '{"tenants": 1}');
    await expect(ensureLocalApiKey(dir)).rejects.toThrow(ApiKeysError);
    expect(await readFile(join(dir, 'api-keys.json'), 'utf8')).toBe('{"tenants": 1}');
  });
});
