import { type Role, createApiKey, roles } from '@cytoqueue/runtime';
import type { Environment } from '../stack/launch';
import { parseOptions } from '../command-options';
import { addKey } from './add-key';
import { UsageError, reportFailure, resolveKeysFile } from './keys-file';

const USAGE = `Usage: npm run make-key -- --tenant lab-a --role ${roles.join('|')} [--platform] [--expires-days 90] [--file FILE | --store URL]`;
const DAY_MS = 86_400_000;

/**
 * Creates a key, stores its hash in the keys file (on disk or in the object store) and prints the key once; it is
 * stored nowhere.
 */
export async function makeKey(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { file, store, ...wanted } = readArguments(args);
    const { tenant, expires_at } = wanted;
    const keysFile = await resolveKeysFile(environment, { file, store });
    const { key, sha256 } = createApiKey();
    let id = '';
    const event = () => ({ action: 'key.add', resource: `keys/${tenant}/${id}` });
    const takenIds = await keysFile.takenIds(tenant);
    await keysFile.change((before) => {
      const added = addKey(before, { ...wanted, sha256 }, takenIds);
      id = added.id;
      return added.keys;
    }, event);
    console.error(
      `Key ${id} of ${tenant}, ${expires_at === undefined ? 'without end' : `until ${expires_at}`}. Its hash is in ${keysFile.place}. The key, shown only now:`,
    );
    console.log(key);
  } catch (error) {
    reportFailure(error);
  }
}

function readArguments(args: readonly string[]): {
  tenant: string;
  role: Role;
  platform?: boolean;
  file?: string;
  store?: string;
  expires_at?: string;
} {
  const text = { type: 'string' } as const;
  const {
    tenant,
    role,
    platform,
    file,
    store,
    'expires-days': days,
  } = parseOptions(
    args,
    { tenant: text, role: text, file: text, store: text, 'expires-days': text, platform: { type: 'boolean' } },
    USAGE,
  );
  const known = roles.find((name) => name === role);
  if (
    tenant === undefined ||
    known === undefined ||
    (file !== undefined && store !== undefined) ||
    !/^([1-9]\d{0,4})?$/.test(days ?? '')
  )
    throw new UsageError(USAGE);
  return {
    tenant,
    role: known,
    platform,
    file,
    store,
    expires_at: days === undefined ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
  };
}
