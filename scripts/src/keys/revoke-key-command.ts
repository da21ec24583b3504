import type { Environment } from '../stack/launch';
import { parseOptions } from '../command-options';
import { withExistingStore } from '../opened-store';
import { removeKey } from './add-key';
import { UsageError, reportFailure, resolveKeysFile } from './keys-file';

const USAGE = 'Usage: npm run revoke-key -- --tenant lab-a --key k1 [--file FILE | --store URL]';

/** Revokes a key: within a second (ten with the object store) its requests, sessions and event streams end. */
export async function revokeKey(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const text = { type: 'string' } as const;
    const { tenant, key, file, store } = parseOptions(
      args,
      { tenant: text, key: text, file: text, store: text },
      USAGE,
    );
    if (tenant === undefined || key === undefined || (file !== undefined && store !== undefined))
      throw new UsageError(USAGE);
    const keysFile = await resolveKeysFile(environment, { file, store }, withExistingStore);
    await keysFile.change(
      (before) => removeKey(before, tenant, key),
      () => ({ action: 'key.remove', resource: `keys/${tenant}/${key}` }),
    );
    console.log(`Key ${key} of ${tenant} is revoked (${keysFile.place})`);
  } catch (error) {
    reportFailure(error);
  }
}
