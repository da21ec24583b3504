import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../stack-process';

/** Seconds by test file, of those that take at least `WORTH_NOTING_S`. `UPDATE_DURATIONS=true npm test` writes it. */
const DURATIONS_FILE = join(ROOT, 'test/durations.json');
const MIN_RECORDED_SECONDS = 3;
/** Default for an end-to-end test that is not in the table yet. */
const DEFAULT_SECONDS = 20;

type Durations = Readonly<Record<string, number>>;

function readDurations(): Durations {
  return JSON.parse(readFileSync(DURATIONS_FILE, 'utf8')) as Durations;
}

/** Expected duration of each file in seconds. */
export function expectedSeconds(paths: readonly string[]): Map<string, number> {
  const durations = readDurations();
  return new Map(
    paths.map((path) => {
      const name = relative(ROOT, path);
      return [path, durations[name] ?? (name.startsWith('test/') ? DEFAULT_SECONDS : 0)];
    }),
  );
}

/** Writes the measured durations into the table and drops files that no longer exist. */
export function updateDurations(measured: ReadonlyMap<string, number>): void {
  const seconds = new Map(Object.entries(readDurations()).filter(([name]) => existsSync(join(ROOT, name))));
  for (const [path, duration] of measured) seconds.set(relative(ROOT, path), Math.round(duration));
  const noted = [...seconds].filter(([, duration]) => duration >= MIN_RECORDED_SECONDS);
  noted.sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1));
  writeFileSync(DURATIONS_FILE, `${JSON.stringify(Object.fromEntries(noted), null, 2)}\n`);
}
