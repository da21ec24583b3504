import type { Environment } from '../stack/launch';
import { removeKey } from './add-key';
import { UsageError, changeKeys, readOptions, reportFailure, settleKeysFile } from './keys-file';

const USAGE = 'Usage: npm run revoke-key -- --tenant lab-a --key k1 [--file FILE]';

/** Takes a key out of the keys file: within a second no request, no session and no event stream goes on with it. */
export async function revokeKey(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { tenant, key, file } = readOptions(args, { values: ['tenant', 'key', 'file'] }, USAGE);
    if (tenant === undefined || key === undefined) throw new UsageError(USAGE);
    const keysFile = await settleKeysFile(environment, file);
    await changeKeys(keysFile, (before) => removeKey(before, tenant, key));
    console.log(`Key ${key} of ${tenant} is revoked (${keysFile})`);
  } catch (error) {
    reportFailure(error);
  }
}
