import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseSync } from '@swc/core';
import { NOT_OURS } from './structure-rules';

export const ROOT = resolve(__dirname, '../../..');

const SOURCE = /\.(tsx?|mjs|js)$/;

export interface Import {
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
  /** Gone at run time. */
  readonly typeOnly: boolean;
}

/** One mention of `process.env`; `whole` when no variable is taken out of it in the same expression. */
export interface EnvironmentUse {
  readonly line: number;
  readonly whole: boolean;
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly environmentUses: readonly EnvironmentUse[];
}

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A workspace: its folder from the root, its package.json, what its tsconfig.json refers to and its source files. */
export interface Module {
  readonly path: string;
  readonly manifest: Manifest;
  readonly references: readonly string[];
  readonly files: readonly SourceFile[];
}

/** swc's nodes, seen without their kinds: this walk looks for a few shapes and passes through all others. */
interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

export function readModules(): Module[] {
  const parents = readJson<{ workspaces: string[] }>('package.json').workspaces;
  const paths = parents.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`);
  });
  return paths.filter((path) => existsSync(join(ROOT, path, 'package.json'))).map(readModule);
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T;
}

/** Every file and folder below `path` that is ours, from the root. */
export function listTree(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true }).filter(({ name }) => !NOT_OURS.includes(name));
  return entries.flatMap((entry) => {
    const own = `${path}/${entry.name}`;
    return entry.isDirectory() ? [own, ...listTree(own)] : [own];
  });
}

function readModule(path: string): Module {
  const { references = [] } = readJson<{ references?: { path: string }[] }>(`${path}/tsconfig.json`);
  return {
    path,
    manifest: readJson<Manifest>(`${path}/package.json`),
    references: references.map((reference) => relative(ROOT, resolve(ROOT, path, reference.path))),
    files: listTree(path)
      .filter((file) => SOURCE.test(file))
      .map((file) => parseSource(file, readFileSync(join(ROOT, file), 'utf8'))),
  };
}

export function parseSource(path: string, source: string): SourceFile {
  const bytes = Buffer.from(source);
  const imports: Import[] = [];
  const environmentUses: EnvironmentUse[] = [];
  // swc counts bytes from 1.
  const lineOf = (node: SyntaxNode): number =>
    countLines(bytes.subarray(0, (node['span'] as { start: number }).start - 1)) + 1;
  const visit = (node: SyntaxNode, parent: SyntaxNode | undefined): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line: lineOf(node) });
    if (isProcessEnv(node)) environmentUses.push({ line: lineOf(node), whole: parent?.type !== 'MemberExpression' });
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(
    parseSync(source, { syntax: 'typescript', tsx: path.endsWith('.tsx'), target: 'es2023' }) as unknown as SyntaxNode,
    undefined,
  );
  return { path, lines: countLines(bytes), imports, environmentUses };
}

function countLines(bytes: Buffer): number {
  return bytes.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0);
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const isNode = (value: unknown): value is SyntaxNode =>
    typeof value === 'object' && value !== null && 'type' in value;
  // Call arguments and object members come wrapped, without a type of their own.
  const unwrap = (value: unknown): unknown[] => {
    if (Array.isArray(value)) return value.flatMap(unwrap);
    if (typeof value === 'object' && value !== null && 'expression' in value && !('type' in value))
      return [value.expression];
    return [value];
  };
  return Object.values(node).flatMap(unwrap).filter(isNode);
}

function importOf(node: SyntaxNode): Omit<Import, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      const specifier = stringOf(node['source']);
      return specifier === undefined ? undefined : { specifier, typeOnly: isTypeOnly(node) };
    }
    case 'TsExternalModuleReference':
      return asImport(stringOf(node['expression']), false);
    case 'TsImportType':
      return asImport(stringOf(node['argument']), true);
    case 'CallExpression':
      return asImport(isLoader(node['callee'] as SyntaxNode) ? firstArgument(node) : undefined, false);
    default:
      return undefined;
  }
}

function asImport(specifier: string | undefined, typeOnly: boolean): Omit<Import, 'line'> | undefined {
  return specifier === undefined ? undefined : { specifier, typeOnly };
}

/** `import type …`, or an import of names each of which is marked as a type. */
function isTypeOnly(node: SyntaxNode): boolean {
  const specifiers = (node['specifiers'] ?? []) as { isTypeOnly?: boolean }[];
  return (
    node['typeOnly'] === true || (specifiers.length > 0 && specifiers.every(({ isTypeOnly: typed }) => typed === true))
  );
}

/** `import(…)`, `require(…)`, `require.resolve(…)`. */
function isLoader(callee: SyntaxNode): boolean {
  if (callee.type === 'MemberExpression')
    return isNamed(callee['object'], 'require') && isNamed(callee['property'], 'resolve');
  return callee.type === 'Import' || isNamed(callee, 'require');
}

function firstArgument(call: SyntaxNode): string | undefined {
  return stringOf((call['arguments'] as { expression: unknown }[])[0]?.expression);
}

function isProcessEnv(node: SyntaxNode): boolean {
  if (node.type !== 'MemberExpression' || !isNamed(node['object'], 'process')) return false;
  const property = node['property'] as SyntaxNode;
  return isNamed(property, 'env') || stringOf(property['expression']) === 'env';
}

function isNamed(node: unknown, name: string): boolean {
  return (node as SyntaxNode).type === 'Identifier' && (node as SyntaxNode)['value'] === name;
}

function stringOf(node: unknown): string | undefined {
  const literal = node as SyntaxNode | null | undefined;
  return literal?.type === 'StringLiteral' ? (literal['value'] as string) : undefined;
}

/** What ships: the rest is tests, what serves them, and build scripts, and may use dev dependencies. */
export function isShipped(path: string): boolean {
  return (
    !path.includes('.test.') &&
    !path.startsWith('test/') &&
    /^(packages|services)\/[^/]+\/src\/|^(scripts|ecs)\/src\//.test(path)
  );
}
