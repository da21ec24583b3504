import { readdirSync } from 'node:fs';
import {
  checkDeclared,
  checkEntries,
  checkEnvironment,
  checkLengths,
  checkMayImport,
  checkNames,
  checkOthersPackages,
  checkReferences,
  checkUsed,
} from './structure-checks';
import { findCycles } from './structure-cycles';
import { NOT_OURS, TOP_LEVEL } from './structure-rules';
import { type Manifest, type Module, ROOT, listTree, parseSource, readJson, readModules } from './structure-sources';

const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

describe('the structure of the repository', () => {
  const modules = readModules();
  const root = readJson<Manifest>('package.json');

  it('is seen whole by these tests', () => {
    expect(modules.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['packages/runtime', 'services/api', 'scripts', 'test']),
    );
    expect(modules.flatMap(({ files }) => files.map(({ path }) => path))).toContain(
      'test/src/repository/structure.test.ts',
    );
  });

  it('has modules that import what the table allows', () => expect(checkMayImport(modules)).toEqual([]));
  it("has modules that use the others' packages they are meant to", () =>
    expect(checkOthersPackages(modules)).toEqual([]));
  it('enters packages through their index only', () => expect(checkEntries(modules)).toEqual([]));
  it('has no run-time import cycles', () => expect(findCycles(modules)).toEqual([]));
  it('declares what it imports', () => expect(checkDeclared(modules, root.devDependencies ?? {})).toEqual([]));
  it('imports what it declares', () => expect(checkUsed(modules)).toEqual([]));
  it('builds in the order of its dependencies', () => expect(checkReferences(modules)).toEqual([]));
  it('reads the environment in one place', () => expect(checkEnvironment(modules)).toEqual([]));
  it('has files of a readable length', () => expect(checkLengths(modules)).toEqual([]));
  it('names things', () => expect(checkNames(modules.flatMap(({ path }) => [path, ...listTree(path)]))).toEqual([]));

  it('has nothing else at the top', () => {
    const allowed = [...TOP_LEVEL, ...NOT_OURS];
    expect(readdirSync(ROOT).filter((name) => !name.startsWith('.') && !allowed.includes(name))).toEqual([]);
  });

  it('pins exact versions', () => {
    const manifests = [{ path: '.', manifest: root }, ...modules];
    const loose = manifests.flatMap(({ path, manifest }) =>
      Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
        .filter(([, version]) => !EXACT_VERSION.test(version))
        .map(([name, version]) => `${path}/package.json: ${name} ${version}`),
    );
    expect(loose).toEqual([]);
  });

  it('names no registry host in the lock file', () => {
    const { packages } = readJson<{ packages: Record<string, { resolved?: string }> }>('package-lock.json');
    expect(Object.values(packages).flatMap(({ resolved }) => (resolved?.includes('://') ? [resolved] : []))).toEqual(
      [],
    );
  });
});

describe('the checks', () => {
  const module = (path: string, sources: Record<string, string>, manifest: Partial<Manifest> = {}): Module => ({
    path,
    manifest: { name: `@cytoqueue/${path.split('/').at(-1)}`, ...manifest },
    references: [],
    files: Object.entries(sources).map(([name, source]) => parseSource(`${path}/src/${name}`, source)),
  });

  it('find imports of every form, and the line they are on', () => {
    const source = [
      '// ü: two bytes, so that bytes and characters differ',
      "import a, { type B } from 'value';",
      "import { type C } from 'types-1'; import type D from 'types-2'; export type { E } from 'types-3';",
      "export * from 'again'; import 'effect';",
      "const late = () => import('late');",
      "const old = f(require('old'), [require.resolve('place')]); import older = require('older');",
      "type F = import('types-4').F; const no = \"import x from 'text'\";",
    ].join('\n');
    const found = parseSource('x.ts', source).imports.map(
      ({ specifier, line, typeOnly }) => `${line} ${specifier}${typeOnly ? ' type' : ''}`,
    );
    expect(found).toEqual([
      '2 value',
      '3 types-1 type',
      '3 types-2 type',
      '3 types-3 type',
      '4 again',
      '4 effect',
      '5 late',
      '6 old',
      '6 place',
      '6 older',
      '7 types-4 type',
    ]);
  });

  it('find an import that the table forbids', () => {
    const modules = [
      module('packages/schema', { 'index.ts': "import { x } from '@cytoqueue/csv';\nimport 'node:fs';" }),
      module('services/api', {
        'main.ts': "import type { M } from '@cytoqueue/classifier';\nimport '@cytoqueue/worker';",
      }),
      module('packages/client', { 'index.ts': "import type { M } from '@cytoqueue/classifier';" }),
      module('packages/runtime', { 'index.ts': "import 'express';" }),
    ];
    expect(checkMayImport(modules)).toEqual([
      'packages/schema/src/index.ts:1 packages/schema may not import @cytoqueue/csv',
      'packages/schema/src/index.ts:2 packages/schema is pure and may not import node:fs',
      'services/api/src/main.ts:1 services/api may not import @cytoqueue/classifier',
      'services/api/src/main.ts:2 services/api may not import @cytoqueue/worker',
    ]);
    expect(checkOthersPackages(modules)).toEqual([
      'packages/runtime/src/index.ts:1 packages/runtime may not import express',
    ]);
  });

  it('find a way round the index', () => {
    const modules = [
      module('packages/csv', {
        'index.ts': "import '../../../test/src/moto-server';",
        'x.test.ts': "import '../../../test/src/moto-server';",
      }),
      module('scripts', {
        'start.ts':
          "import '@cytoqueue/csv';\nimport '@cytoqueue/csv/dist/x';\nimport '../../packages/csv/src/x';\nimport './own';",
      }),
    ];
    expect(checkEntries(modules).map((line) => line.split(' ')[0])).toEqual([
      'packages/csv/src/index.ts:1',
      'scripts/src/start.ts:2',
      'scripts/src/start.ts:3',
    ]);
  });

  it('find a ring of files within and across packages, and let types pass', () => {
    const modules = [
      module('packages/csv', {
        'index.ts': "export * from '../a';",
        'a.ts': "\nimport { b } from '../b';",
        'b.ts': "import type { A } from '../a';",
      }),
      module('packages/queue', { 'index.ts': "import './x';", 'x.ts': "import '@cytoqueue/queue';" }),
    ];
    expect(findCycles(modules)).toEqual([
      'packages/queue/src/index.ts:1 → packages/queue/src/x.ts:1 → packages/queue/src/index.ts',
    ]);
  });

  it('find what is not declared, not used and not referred to', () => {
    const manifest = {
      dependencies: { '@cytoqueue/csv': '0.1.0', zod: '1.0.0' },
      devDependencies: { '@types/zod': '1.0.0', 'ml-knn': '1.0.0' },
    };
    const sources = {
      'a.ts': "import '@cytoqueue/csv';\nimport 'pino';\nimport 'ml-knn';",
      'a.test.ts': "import 'jest-x';",
    };
    const modules = [module('packages/csv', {}), module('packages/registry', sources, manifest)];
    expect(checkDeclared(modules, { 'jest-x': '1.0.0' }).map((line) => line.split(' ')[0])).toEqual([
      'packages/registry/src/a.ts:2',
      'packages/registry/src/a.ts:3',
    ]);
    expect(checkUsed(modules).map((line) => line.split(' ')[1])).toEqual(['zod', 'ml-knn']);
    expect(checkReferences(modules)).toEqual([
      'packages/registry/tsconfig.json: no reference to packages/csv, which package.json depends on',
    ]);
  });

  it('find a reader of the environment, in every spelling', () => {
    const reads = "f(process.env);\nf(process.env.HOME);\nconst { PORT } = process['env'];";
    const lines = (path: string, name: string) =>
      checkEnvironment([module(path, { [name]: reads })]).map((line) => line.split(' ')[0]);
    expect(lines('scripts', 'stack/main.ts')).toEqual(['scripts/src/stack/main.ts:2']);
    expect(lines('packages/queue', 'x.ts')).toEqual([
      'packages/queue/src/x.ts:1',
      'packages/queue/src/x.ts:2',
      'packages/queue/src/x.ts:3',
    ]);
    expect(lines('packages/runtime', 'config.ts')).toEqual([]);
    expect(lines('packages/queue', 'x.test.ts')).toEqual([]);
    expect(
      checkEnvironment([{ ...module('packages/queue', {}), files: [parseSource('packages/queue/build.mjs', reads)] }]),
    ).toEqual([]);
  });

  it('find long files and vague names', () => {
    const long = module('scripts', {
      'stack/main.ts': '\n'.repeat(30),
      'stack/x.ts': '\n'.repeat(250),
      'stack/y.ts': '\n'.repeat(249),
    });
    expect(checkLengths([long]).map((line) => line.split(' ')[0])).toEqual([
      'scripts/src/stack/main.ts:30',
      'scripts/src/stack/x.ts:250',
    ]);
    expect(
      checkNames(['packages/csv/src/lib', 'a/queueManager.ts', 'a/file-utils.ts', 'a/calibration.ts']),
    ).toHaveLength(3);
  });
});
