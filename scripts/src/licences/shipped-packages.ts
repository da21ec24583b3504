import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of others that ships with the services, as installed. */
export interface ShippedPackage {
  name: string;
  version: string;
  licence: string;
  /** Whether it would run code of its own while it is installed. */
  hasInstallScript: boolean;
}

interface Locked {
  version?: string;
  license?: string;
  link?: boolean;
  /** Of a link: the workspace. */
  resolved?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

type Lock = Readonly<Record<string, Locked>>;

/** The workspaces that run in production; what tests, scripts and the deployment need goes nowhere. */
const SHIPPING = /^services\/[^/]+$/;

/** What the services need at run time, from package-lock.json. By name. */
export function readShippedPackages(root: string): ShippedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  return neededBy(
    packages,
    Object.keys(packages).filter((place) => SHIPPING.test(place)),
  )
    .filter((place) => place.includes('node_modules/'))
    .map((place) => describe(root, place, packages[place]))
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

/** The places of all that is reached from `from` by dependencies that are installed. */
function neededBy(lock: Lock, from: string[]): string[] {
  const reached = new Set(from);
  for (const place of reached) {
    for (const name of namesOf(lock[place])) {
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

/** As Node.js looks: in the folder's own node_modules, then in those above it. A link stands for its workspace. */
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

/** Old packages name theirs in a list, which npm does not take into the lock file. */
function licenceInside(dir: string): string {
  const file = join(dir, 'package.json');
  if (!existsSync(file)) return 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as {
    license?: string;
    licenses?: { type: string }[];
  };
  return license ?? (licenses?.map(({ type }) => type).join(' OR ') || 'unknown');
}
