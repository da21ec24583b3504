import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './stack-process';

/** Folders of programs from packages and from scripts/setup.sh. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin', join(ROOT, '.cytoqueue/bin')];

/** The path of the first of these programs that is on PATH or in a usual folder. */
export function findExecutable(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** CHROMIUM_PATH, else the system's Chromium; one without windows first, because it takes half the processor time. */
export function findChromium(): string | undefined {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  return process.env['CHROMIUM_PATH'] ?? findExecutable(...names);
}
