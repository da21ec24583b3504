import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `models/{name}/{version}.json` beside this package's sources and build, made by `npm run models`. */
export const SHIPPED_DIR = join(__dirname, '..', 'models');

export interface ShippedModel {
  name: string;
  version: string;
  bytes: Buffer;
}

/** 1.9.0 comes before 1.10.0. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Of each name the oldest version first. */
export async function loadShippedModels(): Promise<ShippedModel[]> {
  const names = (await readdir(SHIPPED_DIR)).sort();
  const perName = await Promise.all(names.map(loadVersions));
  return perName.flat();
}

async function loadVersions(name: string): Promise<ShippedModel[]> {
  const files = (await readdir(join(SHIPPED_DIR, name))).filter((file) => file.endsWith('.json'));
  const versions = files.map((file) => file.replace(/\.json$/, '')).sort(compareVersions);
  return Promise.all(
    versions.map(async (version) => ({
      name,
      version,
      bytes: await readFile(join(SHIPPED_DIR, name, `${version}.json`)),
    })),
  );
}
