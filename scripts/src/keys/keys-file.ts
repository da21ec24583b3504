import { parseArgs } from 'node:util';
import { type ApiKeys, ApiKeysError, ConfigError, ensureLocalApiKey, loadApiKeys, loadConfig, parseApiKeys, saveApiKeys } from '@cytoqueue/runtime';
import type { Environment } from '../stack/launch';

export class UsageError extends Error {}

/** The values of `--name value` options, and the `--name` flags that were given. @throws UsageError */
export function readOptions<V extends string, F extends string = never>(
  args: readonly string[], names: { values: readonly V[]; flags?: readonly F[] }, usage: string,
): Partial<Record<V, string> & Record<F, boolean>> {
  const values = names.values.map((name) => [name, { type: 'string' as const }] as const);
  const flags = (names.flags ?? []).map((name) => [name, { type: 'boolean' as const }] as const);
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries([...values, ...flags]) }).values as Partial<Record<V, string> & Record<F, boolean>>;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}

/** The file that was named, else API_KEYS_FILE, else the local stack's own, which must not come to be without the local key in it. */
export async function settleKeysFile(environment: Environment, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { apiKeysFile, dataDir } = loadConfig(environment);
  return apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile;
}

/** Changes the keys in the file, in one step; a file that is not there has none. Running services take it up within a second. */
export async function changeKeys(file: string, change: (keys: ApiKeys) => ApiKeys): Promise<void> {
  const changed = change(await loadOrEmpty(file));
  await saveApiKeys(file, parseApiKeys(JSON.stringify(changed), file));
}

/** Says what was wrong, with a stack only when nobody expected it, and sets the exit code. */
export function reportFailure(error: unknown): void {
  const known = error instanceof UsageError || error instanceof ConfigError || error instanceof ApiKeysError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}

async function loadOrEmpty(file: string): Promise<ApiKeys> {
  try {
    return await loadApiKeys(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { tenants: [] };
    throw error;
  }
}
