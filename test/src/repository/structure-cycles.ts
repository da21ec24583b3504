import { dirname, join, normalize } from 'node:path';
import type { Import, Module } from './structure-sources';

interface Edge {
  readonly to: string;
  readonly line: number;
}

/** Files that import each other at run time, each ring once: `a.ts:3 → b.ts:1 → a.ts`. Imports of types alone do not count. */
export function findCycles(modules: readonly Module[]): string[] {
  const graph = buildGraph(modules);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly { file: string; line: number }[]): void => {
    const start = trail.findIndex((step) => step.file === file);
    if (start >= 0) cycles.push([...trail.slice(start).map((step) => `${step.file}:${step.line}`), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const { to, line } of graph.get(file) ?? []) visit(to, [...trail, { file, line }]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

function buildGraph(modules: readonly Module[]): Map<string, Edge[]> {
  const files = new Set(modules.flatMap((module) => module.files.map((file) => file.path)));
  const entries = new Map(modules.map(({ manifest, path }) => [manifest.name, `${path}/src/index`]));
  const resolve = (from: string, { specifier }: Import): string | undefined => {
    const base = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : entries.get(specifier);
    return [`${base}.ts`, `${base}.tsx`, `${base}/index.ts`, base].find(
      (path) => path !== undefined && files.has(path),
    );
  };
  const edgesOf = (from: string, imports: readonly Import[]): Edge[] =>
    imports
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap((found) => {
        const to = resolve(from, found);
        return to === undefined ? [] : [{ to, line: found.line }];
      });
  return new Map(
    modules.flatMap((module) => module.files.map(({ path, imports }) => [path, edgesOf(path, imports)] as const)),
  );
}
