import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOrCreate } from './private-files';

/** 256 bits, as text. */
export function createSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The secret of a stack that was given none: the same across restarts, so that who is signed in stays so. For the owner only. */
export async function ensureSessionSecret(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return readOrCreate(join(dataDir, 'session-secret'), createSessionSecret);
}
