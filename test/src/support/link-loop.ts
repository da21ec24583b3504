import { rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Replaces an object's file by a link to itself: it cannot be read (ELOOP), not even by root, but can be deleted.
 */
export function replaceByLinkLoop(storeUrl: string, key: string): void {
  const path = join(fileURLToPath(storeUrl), key);
  rmSync(path, { force: true, recursive: true });
  symlinkSync(basename(path), path);
}
