import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder of `{name}/{version}.json`, built by `node scripts/dist/train/build-models.js`. */
export const SHIPPED_DIR = join(__dirname, '..', 'models');

export interface ShippedModel {
  name: string;
  version: string;
  bytes: Buffer;
}

/** Numeric order: 1.9.0 comes before 1.10.0. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Loads all shipped models, sorted by name and version. */
export async function loadShippedModels(): Promise<ShippedModel[]> {
  const names = (await readdir(SHIPPED_DIR)).sort();
  const perName = await Promise.all(names.map(loadVersions));
  return perName.flat();
}

/** Finds the newest shipped version of each name without reading the models. */
export async function newestShippedVersions(): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(SHIPPED_DIR);
  const newest = await Promise.all(names.map(async (name) => [name, (await versionsOf(name)).at(-1)] as const));
  return new Map(newest.flatMap(([name, version]) => (version === undefined ? [] : [[name, version] as const])));
}

async function loadVersions(name: string): Promise<ShippedModel[]> {
  const versions = await versionsOf(name);
  return Promise.all(
    versions.map(async (version) => ({
      name,
      version,
      bytes: await readFile(join(SHIPPED_DIR, name, `${version}.json`)),
    })),
  );
}

/** Ascending. */
async function versionsOf(name: string): Promise<string[]> {
  const files = (await readdir(join(SHIPPED_DIR, name))).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.replace(/\.json$/, '')).sort(compareVersions);
}
