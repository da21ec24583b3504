import { dirname, join, normalize } from 'node:path';
import {
  ENTRY_FILES,
  GRAB_BAGS,
  INPUT_OUTPUT,
  MAX_ENTRY_LINES,
  MAX_FILE_LINES,
  MODULE_RULES,
  READS_ENVIRONMENT,
  TEST_SUPPORT,
} from './structure-rules';
import { type Import, type Module, type SourceFile, isShipped } from './structure-sources';

/** Each check returns what breaks its rule, one line each, beginning with `file:line`. */

const OURS = '@cytoqueue/';

type Visit = (found: Import, file: SourceFile, module: Module) => string | undefined;

export function checkMayImport(modules: readonly Module[]): string[] {
  return eachImport(modules, ({ specifier, typeOnly }, file, module) => {
    const rule = MODULE_RULES[module.path];
    if (rule === undefined) return `no rule for ${module.path}: add it to structure-rules.ts`;
    if (rule.pure && isShipped(file.path) && INPUT_OUTPUT.test(specifier))
      return `${module.path} is pure and may not import ${specifier}`;
    const name = shortName(specifier);
    if (name === undefined || rule.ours === undefined || rule.ours.includes(name)) return undefined;
    return typeOnly && rule.typesOf === 'all' ? undefined : `${module.path} may not import ${specifier}`;
  });
}

export function checkOthersPackages(modules: readonly Module[]): string[] {
  return eachImport(modules, ({ specifier }, file, module) => {
    const name = packageName(specifier);
    const allowed = MODULE_RULES[module.path]?.others;
    if (name === undefined || name.startsWith(OURS) || allowed === undefined || !isShipped(file.path)) return undefined;
    const permitted = allowed.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry));
    return permitted ? undefined : `${module.path} may not import ${name}`;
  });
}

/** No `@cytoqueue/x/dist/y`, no `../../x/src/y`; the services and scripts have no entry that anyone may import. */
export function checkEntries(modules: readonly Module[]): string[] {
  return eachImport(modules, ({ specifier }, file, module) => {
    if (specifier.startsWith('.')) {
      const target = normalize(join(dirname(file.path), specifier));
      const borrowed = !isShipped(file.path) && target.startsWith(TEST_SUPPORT);
      return borrowed || target.startsWith(`${module.path}/`)
        ? undefined
        : `${specifier} leaves ${module.path}: import the package by its name`;
    }
    if (!specifier.startsWith(OURS)) return undefined;
    const entered = modules.find(({ manifest }) => manifest.name === specifier);
    return entered?.path.startsWith('packages/') ? undefined : `${specifier} is not the entry of a package`;
  });
}

export function checkDeclared(
  modules: readonly Module[],
  rootDevDependencies: Readonly<Record<string, string>>,
): string[] {
  return eachImport(modules, ({ specifier }, file, module) => {
    const name = packageName(specifier);
    const { dependencies = {}, devDependencies = {} } = module.manifest;
    if (name === undefined || name in dependencies) return undefined;
    const forDevelopment = isShipped(file.path) ? {} : { ...rootDevDependencies, ...devDependencies };
    return name in forDevelopment ? undefined : `${name} is not declared in ${module.path}/package.json`;
  });
}

/** A dependency serves what ships (in `test`, the tests), a dev dependency the rest; types belong to a package that is declared too. */
export function checkUsed(modules: readonly Module[]): string[] {
  return modules.flatMap((module) => {
    const { dependencies = {}, devDependencies = {} } = module.manifest;
    const imported = (files: readonly SourceFile[]) =>
      new Set(files.flatMap((file) => file.imports.map(({ specifier }) => packageName(specifier))));
    const inUse = imported(module.path === 'test' ? module.files : module.files.filter((file) => isShipped(file.path)));
    const inDevelopment = imported(module.files.filter((file) => !isShipped(file.path)));
    const unused = [
      ...Object.keys(dependencies).filter((name) => !inUse.has(name)),
      ...Object.keys(devDependencies).filter(
        (name) => !inDevelopment.has(name) && !(typedPackage(name) in dependencies),
      ),
    ];
    return unused.map((name) => `${module.path}/package.json: ${name} is declared and not used`);
  });
}

/** `tsc -b` on a fresh clone builds only what is referred to before it builds the module itself. */
export function checkReferences(modules: readonly Module[]): string[] {
  return modules.flatMap(({ path, manifest, references }) =>
    modules
      .filter((other) => other.manifest.name in (manifest.dependencies ?? {}) && !references.includes(other.path))
      .map((other) => `${path}/tsconfig.json: no reference to ${other.path}, which package.json depends on`),
  );
}

export function checkEnvironment(modules: readonly Module[]): string[] {
  const readers = modules.filter(({ path }) => !READS_ENVIRONMENT.includes(path));
  return readers.flatMap(({ files }) =>
    files
      .filter(({ path }) => isShipped(path))
      .flatMap(({ path, environmentUses }) =>
        environmentUses
          .filter(({ whole }) => !(whole && isEntry(path)))
          .map(
            ({ line }) =>
              `${path}:${line} reads process.env: only packages/runtime does, entry files may pass it on whole`,
          ),
      ),
  );
}

export function checkLengths(modules: readonly Module[]): string[] {
  return modules.flatMap(({ files }) =>
    files.flatMap(({ path, lines }) => {
      const limit = isEntry(path) ? MAX_ENTRY_LINES : MAX_FILE_LINES;
      return lines < limit ? [] : [`${path}:${lines} has ${lines} lines; under ${limit} are allowed`];
    }),
  );
}

export function checkNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const words = path.slice(path.lastIndexOf('/') + 1).split(/[-._]|(?=[A-Z])/);
    const vague = words.find((word) => GRAB_BAGS.includes(word.toLowerCase()));
    return vague === undefined ? [] : [`${path}: ${JSON.stringify(vague)} names no thing`];
  });
}

function eachImport(modules: readonly Module[], visit: Visit): string[] {
  return modules.flatMap((module) =>
    module.files.flatMap((file) =>
      file.imports.flatMap((found) => {
        const message = visit(found, file, module);
        return message === undefined ? [] : [`${file.path}:${found.line} ${message}`];
      }),
    ),
  );
}

function isEntry(path: string): boolean {
  return ENTRY_FILES.some((pattern) => pattern.test(path));
}

/** `@aws-sdk/client-s3/x` → `@aws-sdk/client-s3`; undefined for a relative path and for what Node.js brings. */
function packageName(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function shortName(specifier: string): string | undefined {
  return specifier.startsWith(OURS) ? specifier.slice(OURS.length).split('/')[0] : undefined;
}

function typedPackage(name: string): string {
  return name.replace(/^@types\//, '');
}
