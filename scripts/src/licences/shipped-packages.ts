import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An installed npm package that ships with the services. */
export interface ShippedPackage {
  name: string;
  version: string;
  licence: string;
  /** Whether it has an install script. */
  hasInstallScript: boolean;
}

interface Locked {
  version?: string;
  license?: string;
  link?: boolean;
  /** Target workspace of a link. */
  resolved?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

type Lock = Readonly<Record<string, Locked>>;

/** Workspaces that run in production, without tests, scripts and deployment. */
const SHIPPING = /^services\/[^/]+$/;

/** Run-time packages of the services from package-lock.json, sorted by name. */
export function readShippedPackages(root: string): ShippedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  return neededBy(
    packages,
    Object.keys(packages).filter((place) => SHIPPING.test(place)),
  )
    .filter((place) => place.includes('node_modules/'))
    .map((place) => describe(root, place, packages[place] ?? {}))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(
  root: string,
  place: string,
  { version = '', license, hasInstallScript = false }: Locked,
): ShippedPackage {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return { name, version, licence: license ?? licenceInside(join(root, place)), hasInstallScript };
}

/** Paths of all installed packages that `from` depends on, directly or not. */
function neededBy(lock: Lock, from: string[]): string[] {
  const reached = new Set(from);
  for (const place of reached) {
    for (const name of namesOf(lock[place] ?? {})) {
      const found = placeOf(lock, place, name);
      if (found !== undefined) reached.add(found);
    }
  }
  return [...reached];
}

function namesOf({
  dependencies,
  optionalDependencies,
  peerDependencies = {},
  peerDependenciesMeta = {},
}: Locked): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return Object.keys({ ...dependencies, ...optionalDependencies }).concat(peers);
}

/** Resolves like Node.js: in the folder's node_modules, then in those above. A link resolves to its workspace. */
function placeOf(lock: Lock, from: string, name: string): string | undefined {
  for (
    let folder: string | undefined = from;
    folder !== undefined;
    folder = folder === '' ? undefined : above(folder)
  ) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const locked = lock[place];
    if (locked !== undefined) return locked.link ? locked.resolved : place;
  }
  return undefined;
}

function above(folder: string): string {
  const at = folder.lastIndexOf('/node_modules/');
  return at === -1 ? '' : folder.slice(0, at);
}

/** Old packages list their licences in an array, which npm omits from the lock file. */
function licenceInside(dir: string): string {
  const file = join(dir, 'package.json');
  if (!existsSync(file)) return 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as {
    license?: string;
    licenses?: { type: string }[];
  };
  return license ?? (licenses?.map(({ type }) => type).join(' OR ') || 'unknown');
}
