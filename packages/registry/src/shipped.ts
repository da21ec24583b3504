import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `models/{name}/{version}.json` beside this package's sources and build, made by `npm run models`. */
const SHIPPED_DIR = join(__dirname, '..', 'models');

export interface ShippedModel {
  name: string;
  version: string;
  bytes: Buffer;
}

export async function loadShippedModels(): Promise<ShippedModel[]> {
  const names = (await readdir(SHIPPED_DIR)).sort();
  const perName = await Promise.all(names.map(loadVersions));
  return perName.flat();
}

async function loadVersions(name: string): Promise<ShippedModel[]> {
  const files = (await readdir(join(SHIPPED_DIR, name))).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => ({ name, version: file.replace(/\.json$/, ''), bytes: await readFile(join(SHIPPED_DIR, name, file)) })),
  );
}
