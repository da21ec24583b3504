import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './stack-error';

const ROOT = join(__dirname, '../../..');
const { platform, arch, execPath, versions } = process;

/**
 * The Node.js program that the services run with.
 * @param named that of the configuration (`SERVICE_NODE`)
 * @throws StackError when there is no such program
 */
export function serviceNode(named: string | undefined): string {
  if (named === undefined) return findServiceNode(ROOT);
  if (!existsSync(named)) throw new StackError(`SERVICE_NODE: there is no program ${named}`);
  return named;
}

/**
 * This process's own Node.js, unless it is older than the one of `scripts/service-node.sha256` and `scripts/setup.sh` has
 * installed that. Single records need less time with 24 than with 20 (services/worker/README.md).
 * @param root folder of the checkout
 * @param version of this process's Node.js
 */
export function findServiceNode(root: string, version = versions.node): string {
  const list = join(root, 'scripts/service-node.sha256');
  const name =
    existsSync(list) &&
    new RegExp(`\\bnode-(\\d+)\\S*-${platform}-${arch}/\\S+$`, 'm').exec(readFileSync(list, 'utf8'));
  if (!name || Number.parseInt(version, 10) >= Number(name[1])) return execPath;
  const installed = join(root, '.cytoqueue', name[0]);
  return existsSync(installed) ? installed : execPath;
}
