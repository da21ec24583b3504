import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './stack-process';

/** Where packages put programs, and where scripts/setup.sh puts those that it unpacks itself. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin', join(ROOT, '.cytoqueue/bin')];

/** The path of the first of these programs that is on PATH or in a usual folder. */
export function findExecutable(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** CHROMIUM_PATH, else the system's own. */
export function findChromium(): string | undefined {
  return process.env['CHROMIUM_PATH'] ?? findExecutable('chromium', 'chromium-browser', 'google-chrome');
}
