import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/stack-process';

const DIST = join(ROOT, 'services/web/dist');
const MAX_SCRIPT_BYTES = 200_000;

/** Entry of a chunk in vite's manifest. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
const entry = 'index.html';

/** The scripts that a browser loads for a chunk: its own and those that it imports, directly or not. */
function scriptsOf(name: string, found: Set<string> = new Set()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`no chunk ${name}`);
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const imported of chunk.imports ?? []) scriptsOf(imported, found);
  return found;
}

const compressedBytes = (scripts: Iterable<string>) =>
  [...scripts].reduce((sum, file) => sum + statSync(join(DIST, `${file}.gz`)).size, 0);

test('the page holds no script of its own and names no other host', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  expect(page.match(/<script(?![^>]*\bsrc=)/)).toBeNull();
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|https?:/);
});

test('the sign-in page loads under 200 kB of script, compressed', () => {
  expect(compressedBytes(scriptsOf(entry))).toBeGreaterThan(50_000);
  expect(compressedBytes(scriptsOf(entry))).toBeLessThan(MAX_SCRIPT_BYTES);
});

const pages = manifest[entry]?.dynamicImports ?? [];

test('every page of the app is a chunk of its own, except for the form of a record, which opens without a further request', () => {
  expect(pages.map((page) => page.replace(/^.*\/|\.tsx$/g, '')).toSorted()).toEqual([
    'api-keys-page',
    'audit-page',
    'batch-page',
    'batches-page',
    'help-page',
    'import-profiles-page',
    'model-version-page',
    'models-page',
    'new-training-page',
    'operations-page',
    'performance-page',
    'prediction-page',
    'predictions-page',
    'row-page',
    'settings-page',
    'training-page',
    'trainings-page',
    'upload-page',
    'worklist-page',
  ]);
});

test.each(pages)('%s loads under 200 kB of script on a first visit, compressed', (page) => {
  expect(compressedBytes(scriptsOf(page, scriptsOf(entry)))).toBeLessThan(MAX_SCRIPT_BYTES);
});
