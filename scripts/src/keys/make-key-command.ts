import { type Role, createApiKey, roles } from '@cytoqueue/runtime';
import type { Environment } from '../stack/launch';
import { addKey } from './add-key';
import { UsageError, changeKeys, readOptions, reportFailure, settleKeysFile } from './keys-file';

const USAGE = `Usage: npm run make-key -- --tenant lab-a --role ${roles.join('|')} [--platform] [--expires-days 90] [--file FILE]`;
const DAY_MS = 86_400_000;

/** Makes a key, keeps its hash in the keys file and prints the key: once, for nothing else holds it. */
export async function makeKey(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { file, ...wanted } = readArguments(args);
    const { tenant, expires_at } = wanted;
    const keysFile = await settleKeysFile(environment, file);
    const { key, sha256 } = createApiKey();
    let id = '';
    await changeKeys(keysFile, (before) => {
      const added = addKey(before, { ...wanted, sha256 });
      id = added.id;
      return added.keys;
    });
    console.error(`Key ${id} of ${tenant}, ${expires_at === undefined ? 'without end' : `until ${expires_at}`}. Its hash is in ${keysFile}. The key, shown only now:`);
    console.log(key);
  } catch (error) {
    reportFailure(error);
  }
}

function readArguments(args: readonly string[]): { tenant: string; role: Role; platform?: boolean; file?: string; expires_at?: string } {
  const { tenant, role, platform, file, 'expires-days': days } = readOptions(args, { values: ['tenant', 'role', 'file', 'expires-days'], flags: ['platform'] }, USAGE);
  const known = roles.find((name) => name === role);
  if (tenant === undefined || known === undefined || !/^([1-9]\d{0,4})?$/.test(days ?? '')) throw new UsageError(USAGE);
  return { tenant, role: known, platform, file, expires_at: days === undefined ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString() };
}
