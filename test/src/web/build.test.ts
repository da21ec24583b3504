import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/stack-process';

const DIST = join(ROOT, 'services/web/dist');
const MAX_FIRST_SCRIPT_BYTES = 145_000;
const MAX_SCRIPT_BYTES = 200_000;

/** Entry of a chunk in vite's manifest. */
interface Chunk {
  readonly file: string;
  readonly name?: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
const page = readFileSync(join(DIST, 'index.html'), 'utf8');
/** The script that `main` loads, with the form of a record and what all pages share. */
const shared = Object.keys(manifest).find((key) => manifest[key]?.name === 'show-app') ?? '';

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
  expect(page.match(/<script(?![^>]*\bsrc=)/)).toBeNull();
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|https?:/);
});

test('the page names every script and style of the first form, so that they are loaded at once', () => {
  const files = [...scriptsOf(shared), ...(manifest[shared]?.css ?? [])];
  expect(files.filter((file) => !page.includes(`"./${file}"`))).toEqual([]);
});

test('the first form loads under 145 kB of script, compressed', () => {
  expect(compressedBytes(scriptsOf(shared))).toBeGreaterThan(50_000);
  expect(compressedBytes(scriptsOf(shared))).toBeLessThan(MAX_FIRST_SCRIPT_BYTES);
});

const pages = manifest[shared]?.dynamicImports ?? [];

test('every page of the app is a chunk of its own, except for the form of a record, which opens without a further request', () => {
  expect(pages.map((chunk) => chunk.replace(/^.*\/|\.tsx$/g, '')).toSorted()).toEqual([
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

test.each(pages)('%s loads under 200 kB of script on a first visit, compressed', (chunk) => {
  expect(compressedBytes(scriptsOf(chunk, scriptsOf(shared)))).toBeLessThan(MAX_SCRIPT_BYTES);
});
