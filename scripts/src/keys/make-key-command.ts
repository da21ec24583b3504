import { parseArgs } from 'node:util';
import {
  type ApiKeys,
  ApiKeysError,
  ConfigError,
  type Role,
  createApiKey,
  ensureLocalApiKey,
  loadApiKeys,
  loadConfig,
  parseApiKeys,
  roles,
  saveApiKeys,
} from '@cytoqueue/runtime';
import type { Environment } from '../stack/launch';
import { addKey } from './add-key';

const USAGE = `Usage: npm run make-key -- --tenant lab-a --role ${roles.join('|')} [--file FILE]`;

class UsageError extends Error {}

/** Makes a key, keeps its hash in the keys file and prints the key: once, for nothing else holds it. */
export async function makeKey(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { tenant, role, file } = readArguments(args);
    const keysFile = file ?? (await defaultFile(environment));
    const { key, sha256 } = createApiKey();
    const keys = addKey(await loadOrEmpty(keysFile), { tenant, role, sha256 });
    await saveApiKeys(keysFile, parseApiKeys(JSON.stringify(keys), keysFile));
    console.error(`Its hash is in ${keysFile}. The key, shown only now:`);
    console.log(key);
  } catch (error) {
    const known = error instanceof UsageError || error instanceof ConfigError || error instanceof ApiKeysError;
    console.error(known ? error.message : error);
    process.exitCode = 1;
  }
}

function readArguments(args: readonly string[]): { tenant: string; role: Role; file: string | undefined } {
  const { tenant, role, file } = parseOptions(args);
  const known = roles.find((name) => name === role);
  if (tenant === undefined || known === undefined) throw new UsageError(USAGE);
  return { tenant, role: known, file };
}

function parseOptions(args: readonly string[]): { tenant?: string; role?: string; file?: string } {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { tenant: option, role: option, file: option } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** API_KEYS_FILE, else the local stack's own file, which must not come to be without the local key in it. */
async function defaultFile(environment: Environment): Promise<string> {
  const { apiKeysFile, dataDir } = loadConfig(environment);
  return apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile;
}

async function loadOrEmpty(file: string): Promise<ApiKeys> {
  try {
    return await loadApiKeys(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { tenants: [] };
    throw error;
  }
}
