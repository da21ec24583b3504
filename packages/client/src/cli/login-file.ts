import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from './usage-error';

export interface Connection {
  url: string;
  apiKey: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** In the user's configuration folder. */
function loginFile(environment: Environment): string {
  const folder = environment['XDG_CONFIG_HOME'] ?? environment['APPDATA'] ?? join(homedir(), '.config');
  return join(folder, 'cytoqueue', 'login.json');
}

/** @returns undefined without a login @throws UsageError for a file that others may read */
export function readLogin(environment: Environment): Connection | undefined {
  const path = loginFile(environment);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)
    throw new UsageError(`${path} can be read by others; run chmod 600 on it, or cytoqueue login again`);
  try {
    const { url, api_key: apiKey } = JSON.parse(readFileSync(path, 'utf8')) as { url: string; api_key: string };
    return { url, apiKey };
  } catch {
    throw new UsageError(`${path} is damaged; run cytoqueue login again`);
  }
}

/** Stores URL and key, readable by the owner only. @returns the path */
export function writeLogin(environment: Environment, { url, apiKey }: Connection): string {
  const path = loginFile(environment);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const newPath = `${path}.${process.pid}`;
  writeFileSync(newPath, `${JSON.stringify({ url, api_key: apiKey })}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(newPath, path);
  return path;
}

export function removeLogin(environment: Environment): void {
  rmSync(loginFile(environment), { force: true });
}
