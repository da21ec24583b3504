import { rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Puts a link to itself in the place of an object's file: it cannot be read (ELOOP), by root neither, and can be
 * deleted.
 */
export function replaceByLinkLoop(storeUrl: string, key: string): void {
  const path = join(fileURLToPath(storeUrl), key);
  rmSync(path, { force: true, recursive: true });
  symlinkSync(basename(path), path);
}
