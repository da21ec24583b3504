import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/stack-process';

interface LockEntry {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
}

type Lock = Readonly<Record<string, LockEntry>>;

/** Packages of an image that its service does not need, and needed ones that are missing. */
export function packageFaults(service: string, held: readonly string[]): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Lock };
  const needed = productionClosure(packages, `services/${service}`).add(`node_modules/@cytoqueue/${service}`);
  // Optional packages are for one platform each.
  const isOptional = (place: string) => packages[place]?.optional === true || packages[place]?.devOptional === true;
  return [
    ...held.filter((place) => !needed.has(place)).map((place) => `${place} is not needed`),
    ...held.filter((place) => packages[place]?.dev).map((place) => `${place} is a devDependency`),
    ...[...needed].filter((place) => !held.includes(place) && !isOptional(place)).map((place) => `${place} is missing`),
  ];
}

/**
 * Places (`node_modules/name`, `node_modules/a/node_modules/b`) that package-lock.json gives the packages a service
 * needs at run time.
 */
function productionClosure(packages: Lock, service: string): Set<string> {
  const reached = new Set<string>();
  const pending = [service];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    for (const name of neededBy(packages[place] as LockEntry)) {
      const found = lookup(packages, place, name);
      if (found === undefined || reached.has(found)) continue;
      reached.add(found);
      pending.push(packages[found]?.link === true ? (packages[found].resolved as string) : found);
    }
  }
  return reached;
}

function neededBy({
  dependencies = {},
  optionalDependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}: LockEntry): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

/** Resolves a package like Node.js: in the nearest node_modules upwards. */
function lookup(packages: Lock, place: string, name: string): string | undefined {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const candidate = join(folder, 'node_modules', name);
    if (packages[candidate] !== undefined) return candidate;
    if (folder === '') return undefined;
  }
}
