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
  dev?: boolean;
  devOptional?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
}

/** What ships, from package-lock.json; what serves development only is left out. By name. */
export function readShippedPackages(root: string): ShippedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
  const shipped = Object.entries(packages).filter(([place, { dev, devOptional, link }]) => place.includes('node_modules/') && !dev && !devOptional && !link);
  return shipped
    .map(([place, { version = '', license, hasInstallScript = false }]) => ({
      name: place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license ?? licenceInside(join(root, place)),
      hasInstallScript,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Old packages name theirs in a list, which npm does not take into the lock file. */
function licenceInside(dir: string): string {
  const file = join(dir, 'package.json');
  if (!existsSync(file)) return 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as { license?: string; licenses?: { type: string }[] };
  return license ?? (licenses?.map(({ type }) => type).join(' OR ') || 'unknown');
}
