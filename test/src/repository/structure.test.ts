import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Checks that no tool covers; `npm run lint`, `lint:structure` and `knip` check imports, names, lengths and exports.
 */

const ROOT = resolve(__dirname, '../../..');
const TOP_LEVEL = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'docker-compose.yml',
  'ecs',
  'package-lock.json',
  'package.json',
  'packages',
  'scripts',
  'services',
  'test',
  'tsconfig.json',
];
const GENERATED = ['node_modules', 'dist', 'coverage', 'cdk.out'];
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readJson<T>(path: string): T {
  const withoutComments = readFileSync(join(ROOT, path), 'utf8').replace(/^\s*\/\/.*$/gm, '');
  return JSON.parse(withoutComments) as T;
}

describe('repository', () => {
  const modules = [...listFolders('packages'), ...listFolders('services'), 'ecs', 'scripts', 'test'];
  const manifests = new Map(modules.map((path) => [path, readJson<Manifest>(`${path}/package.json`)]));

  it('has no other entries at the top level', () => {
    const allowed = [...TOP_LEVEL, ...GENERATED];
    expect(readdirSync(ROOT).filter((name) => !name.startsWith('.') && !allowed.includes(name))).toEqual([]);
  });

  it.each(['.', 'scripts/dev-tools', ...modules])('pins exact versions in %s', (path) => {
    const { dependencies, devDependencies } = readJson<Manifest>(`${path}/package.json`);
    const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(([, v]) => !EXACT_VERSION.test(v));
    expect(ranges).toEqual([]);
  });

  it.each(['package-lock.json', 'scripts/dev-tools/package-lock.json'])('names no registry host in %s', (path) => {
    const { packages } = readJson<{ packages: Record<string, { resolved?: string }> }>(path);
    expect(Object.values(packages).filter(({ resolved }) => resolved?.includes('://'))).toEqual([]);
  });

  // `tsc -b` on a fresh clone builds only what a project refers to before the project itself.
  it.each(modules)('refers in %s to the projects that it depends on', (path) => {
    const { references = [] } = readJson<{ references?: { path: string }[] }>(`${path}/tsconfig.json`);
    const referenced = references.map((reference) => join(path, reference.path));
    const dependencies = Object.keys(manifests.get(path)?.dependencies ?? {});
    const required = modules.filter((other) => dependencies.includes(manifests.get(other)?.name ?? ''));
    expect(required.filter((other) => !referenced.includes(other))).toEqual([]);
  });
});

function listFolders(parent: string): string[] {
  return readdirSync(join(ROOT, parent))
    .map((name) => `${parent}/${name}`)
    .filter((path) => existsSync(join(ROOT, path, 'package.json')));
}
