import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readOrCreate, writeTempFile } from './private-files';

export const roles = ['member', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Ids of tenants and keys. */
export const keyIdentifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 letters, digits, - or _');

/** Strict, because a misspelt `expires_at` would create a key that never expires. */
const apiKey = z.strictObject({
  id: keyIdentifier,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a hex SHA-256 in lower case'),
  role: z.enum(roles),
  /** Rights on shared resources: models and the queue board. Only the role decides about patient data. */
  platform: z.boolean().optional(),
  expires_at: z.iso.datetime().optional(),
});
const limit = z.int().min(0).optional();
/** A tenant's limits that differ from the service's defaults. */
const limits = z.strictObject({
  /** Rate limit: a read costs 1 unit, a write 5, an upload 1 per 1,000 rows. */
  units_per_minute: z.int().min(1).optional(),
  /** Concurrency limit of one API process. */
  concurrent_uploads: limit,
  event_streams: limit,
  /** Quota of stored upload bytes. */
  stored_bytes: limit,
});
export type TenantLimits = z.infer<typeof limits>;

const tenant = z.strictObject({ id: keyIdentifier, keys: z.array(apiKey), limits: limits.optional() });
const apiKeysFile = z.strictObject({ tenants: z.array(tenant) }).superRefine(({ tenants }, context) => {
  const seen = new Set<string>();
  const checkUnique = (value: string, path: (string | number)[]): void => {
    if (seen.has(value)) context.addIssue({ code: 'custom', path: ['tenants', ...path], message: 'occurs twice' });
    seen.add(value);
  };
  tenants.forEach(({ id: tenantId, keys }, t) => {
    checkUnique(`tenant ${tenantId}`, [t, 'id']);
    keys.forEach(({ id, sha256 }, k) => {
      // Sessions and the audit log name a key by tenant and id.
      checkUnique(`key ${tenantId} ${id}`, [t, 'keys', k, 'id']);
      // A key of two tenants would be ambiguous.
      checkUnique(sha256, [t, 'keys', k, 'sha256']);
    });
  });
});

/** Content of API_KEYS_FILE. It contains only hashes: a key is shown once and never stored. */
export type ApiKeys = z.infer<typeof apiKeysFile>;

export class ApiKeysError extends Error {
  readonly code = 'api-keys-error';
}

/** @throws ApiKeysError with the file and the positions of the errors in it */
export function parseApiKeys(text: string, file: string): ApiKeys {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a key.
    throw new ApiKeysError(`${file} is not JSON`);
  }
  const parsed = apiKeysFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ApiKeysError(`${file} is invalid. ${issues.join('; ')}`);
}

export async function loadApiKeys(file: string): Promise<ApiKeys> {
  return parseApiKeys(await readFile(file, 'utf8'), file);
}

/** Replaces the file atomically, so that a reader never sees half of it. */
export async function saveApiKeys(file: string, keys: ApiKeys): Promise<void> {
  // Keep a symbolic link and replace its target.
  const target = await realpath(file).catch(() => file);
  await rename(await writeTempFile(target, format(keys)), target);
}

export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Creates a random key of 256 bits and its hash. */
export function createApiKey(): { key: string; sha256: string } {
  const key = `cq_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: hashApiKey(key) };
}

/**
 * Returns the local key of a stack without API_KEYS_FILE: admin of tenant `local` with platform rights, stored in `dataDir` for
 * the owner only and kept across restarts. Several processes may create it concurrently.
 */
export async function ensureLocalApiKey(dataDir: string): Promise<{ key: string; apiKeysFile: string }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const keyFile = join(dataDir, 'local-api-key');
  const file = join(dataDir, 'api-keys.json');
  const key = await readOrCreate(keyFile, () => createApiKey().key);
  const entry = { id: 'local', sha256: hashApiKey(key), role: 'admin', platform: true } as const;
  const fresh: ApiKeys = { tenants: [{ id: 'local', keys: [entry] }] };
  const keys = parseApiKeys(await readOrCreate(file, () => format(fresh)), file);
  const existing = keys.tenants.flatMap((tenant) => tenant.keys).find(({ sha256 }) => sha256 === entry.sha256);
  if (existing === undefined) await saveApiKeys(file, withLocalKey(keys, entry));
  // Version 1 wrote the local key without `platform`: add it. A key with another role or `platform: false` stays unchanged.
  else if (existing.role === 'admin' && existing.platform === undefined)
    await saveApiKeys(file, withPlatform(keys, entry.sha256));
  return { key, apiKeysFile: file };
}

/** Replaces the hash of a lost local key and keeps all other keys. */
function withLocalKey({ tenants }: ApiKeys, entry: ApiKeys['tenants'][number]['keys'][number]): ApiKeys {
  const others = tenants.filter(({ id }) => id !== 'local');
  const local = tenants.find(({ id }) => id === 'local');
  const kept = local?.keys.filter(({ id }) => id !== entry.id) ?? [];
  return { tenants: [{ ...local, id: 'local', keys: [entry, ...kept] }, ...others] };
}

function withPlatform(keys: ApiKeys, sha256: string): ApiKeys {
  const tenants = keys.tenants.map((tenant) => ({
    ...tenant,
    keys: tenant.keys.map((key) => (key.sha256 === sha256 ? { ...key, platform: true } : key)),
  }));
  return { ...keys, tenants };
}

function format(keys: ApiKeys): string {
  return `${JSON.stringify(keys, null, 2)}\n`;
}
