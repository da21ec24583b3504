import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from '@cytoqueue/client';
import { ROOT } from '../support/stack-process';

/** Run by `npm run test:clients`, which installs publint and attw first. */

const BIN = join(ROOT, 'scripts/openapi-tools/node_modules/.bin');
const PACKAGE = join(ROOT, 'packages/client');

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-package-'));
  const packed = run('npm', ['pack', '--json', '--pack-destination', folder], PACKAGE);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, filename);
  paths = files.map(({ path }) => path);
});

let paths: string[];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the tarball has what a user needs, and no sources or tests', () => {
  expect(paths).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/node.d.ts', 'esm/index.mjs']),
  );
  expect(paths.filter((path) => /^src\/|\.test\.|\.map$|tsbuildinfo/.test(path))).toEqual([]);
});

test('publint and attw find no fault in the package', () => {
  expect(run(join(BIN, 'publint'), ['run', tarball, '--strict'])).toContain('All good');
  // The profile leaves out Node.js before 12.7, which knows no `exports`. A problem elsewhere ends attw with status 1.
  // The report is read as JSON, because its table changes with the width and the colours of the terminal.
  const report = run(join(BIN, 'attw'), [tarball, '--profile', 'node16', '--format', 'json']);
  const { analysis } = JSON.parse(report) as TypesReport;
  const resolved = Object.entries(analysis.entrypoints).flatMap(([path, { resolutions }]) =>
    ['node16-cjs', 'node16-esm', 'bundler'].filter((kind) => resolutions[kind]?.resolution).map((kind) => [path, kind]),
  );
  expect(Object.keys(analysis.entrypoints)).toEqual(['.', './node', './package.json']);
  expect(resolved).toHaveLength(9);
});

/** The part of attw's JSON report that the test reads. */
interface TypesReport {
  analysis: { entrypoints: Record<string, { resolutions: Record<string, { resolution?: object } | undefined> }> };
}

test('import and require give the same module from the installed package', () => {
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-package-lock', tarball]);
  writeFileSync(
    join(folder, 'both.mjs'),
    `import { createRequire } from 'node:module';
     import * as imported from '@cytoqueue/client';
     import * as files from '@cytoqueue/client/node';
     const required = createRequire(import.meta.url)('@cytoqueue/client');
     console.log(JSON.stringify([Object.keys(imported).sort(), imported.CytoqueueClient === required.CytoqueueClient, Object.keys(files).sort()]));`,
  );
  expect(JSON.parse(run(process.execPath, ['both.mjs']))).toEqual([
    Object.keys(client).toSorted(),
    true,
    ['downloadResults', 'submitFile'],
  ]);
  expect(run(join(folder, 'node_modules/.bin/cytoqueue'), ['--version'])).toMatch(/^\d/);
});
