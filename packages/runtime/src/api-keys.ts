import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const roles = ['member', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 letters, digits, - or _');

const apiKeysFile = z.object({
  tenants: z.array(
    z.object({
      id: identifier,
      keys: z.array(
        z.object({
          id: identifier,
          sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a hex SHA-256'),
          role: z.enum(roles),
          expires_at: z.iso.datetime().optional(),
        }),
      ),
    }),
  ),
});

/** Content of API_KEYS_FILE: hashes only, a key itself is shown once and never stored. */
export type ApiKeys = z.infer<typeof apiKeysFile>;

export class ApiKeysError extends Error {
  readonly code = 'api-keys-error';
}

/** @throws ApiKeysError naming the file and the place in it */
export function parseApiKeys(text: string, file: string): ApiKeys {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ApiKeysError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const parsed = apiKeysFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ApiKeysError(`${file} cannot be used. ${places.join('; ')}`);
}

export async function loadApiKeys(file: string): Promise<ApiKeys> {
  return parseApiKeys(await readFile(file, 'utf8'), file);
}

/** Replaces the file in one step, so that a reader never meets half of it. */
export async function saveApiKeys(file: string, keys: ApiKeys): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A new random key of 256 bits and its hash. */
export function createApiKey(): { key: string; sha256: string } {
  const key = `cq_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: hashApiKey(key) };
}

/**
 * The key of a stack that was given no API_KEYS_FILE: admin of tenant `local`, the same across restarts,
 * kept in `dataDir` for the owner only. Safe when several processes of one stack call it at once.
 */
export async function ensureLocalApiKey(dataDir: string): Promise<{ key: string; apiKeysFile: string }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const keyFile = join(dataDir, 'local-api-key');
  const file = join(dataDir, 'api-keys.json');
  const key = await createOnce(keyFile, () => createApiKey().key);
  const sha256 = hashApiKey(key);
  const local: ApiKeys = { tenants: [{ id: 'local', keys: [{ id: 'local', sha256, role: 'admin' }] }] };
  const text = await createOnce(file, () => `${JSON.stringify(local, null, 2)}\n`);
  const known = parseApiKeys(text, file).tenants.some((tenant) => tenant.keys.some((entry) => entry.sha256 === sha256));
  if (!known) await saveApiKeys(file, local);
  return { key, apiKeysFile: file };
}

/** Content of `file`, made first when absent; the first of several racing processes decides. */
async function createOnce(file: string, content: () => string): Promise<string> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await writeFile(temporary, content());
  await chmod(temporary, 0o600);
  await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(temporary);
  return readFile(file, 'utf8');
}
