import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOrCreate } from './private-files';

/** Returns 256 random bits as text. */
export function createSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns the secret of a stack without SESSION_SECRET. A file that only the owner can read keeps it, so that sessions survive a restart. */
export async function ensureSessionSecret(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return readOrCreate(join(dataDir, 'session-secret'), createSessionSecret);
}
