import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Checks that the tables of CONTRIBUTING.md name functions that exist, with about the lines that they have. */

const ROOT = resolve(__dirname, '../../..');
const PAGE = readFileSync(join(ROOT, '.github/CONTRIBUTING.md'), 'utf8');
const ROW = /^\| (?:\**\d+\** \| )?(\[`[^|]+\)) \| ([^|]+) \| (\d+) \| [^|]+ \|$/gm;
/** Lines that a stated number may be off. */
const tolerance = (lines: number): number => Math.max(8, 0.15 * lines);

interface Step {
  files: string[];
  read: string;
  lines: number;
}

/** Rows whose files have line numbers: "| 4 | [`FILE`](LINK) | top comment, `FUNCTION` | 40 | … |". */
function readSteps(): Step[] {
  return [...PAGE.matchAll(ROW)].map(([, files = '', read = '', lines]) => ({
    files: [...files.matchAll(/\[`([^`]+)`\]/g)].map(([, file = '']) => file),
    read,
    lines: Number(lines),
  }));
}

const steps = readSteps();

it('finds the steps of both paths and of failures', () => expect(steps.length).toBeGreaterThan(70));

it.each(['An upload', 'A single record'])('%s: its path has at most 400 lines', (title) => {
  const table = new RegExp(`^${title} ?[^|]*:\n\n([^]*?)\n\n`, 'm').exec(PAGE)![1]!;
  const bold = [...table.matchAll(/^\| \*\*\d+\*\* \|.* \| (\d+) \| [^|]+ \|$/gm)].map(([, lines]) => Number(lines));
  expect(bold.length).toBeGreaterThan(5);
  expect(bold.reduce((sum, lines) => sum + lines)).toBeLessThanOrEqual(400);
});

it.each(steps)('$files has $read in about $lines lines', ({ files, read, lines }) => {
  const sources = files.map((file) => readFileSync(join(ROOT, file), 'utf8').split('\n'));
  let measured = 0;
  for (const part of read.split(/[,;] /)) {
    if (part === 'whole file') measured += sources[0]!.length - 1;
    if (part === 'top comment') measured += 1 + sources[0]!.findIndex((line) => line.endsWith('*/'));
    for (const [, name = ''] of part.matchAll(/`(?:\w+\.)?(\w+)`/g)) {
      const found = sources.flatMap((source) => findDeclaration(source, name) ?? []);
      expect([name, found.length > 0]).toEqual([name, true]);
      for (const { comment, code } of found) measured += part.startsWith('comment') ? comment : comment + code;
    }
  }
  expect(Math.abs(measured - lines)).toBeLessThanOrEqual(tolerance(measured));
});

/**
 * Finds a declaration at the top level of a file, or a method of a class, in source text as the formatter writes it: the
 * declaration ends at the next closing bracket with the same indentation. @returns lines of its comment and its code
 */
function findDeclaration(source: readonly string[], name: string): { comment: number; code: number } | undefined {
  const modifiers = '(?:(?:export|default|abstract|private|protected|readonly|static|override|async|get) )*';
  const declaration = new RegExp(
    `^(?:${modifiers}(?:function\\*?|class|interface|const|type) ${name}\\b|  ${modifiers}\\*?${name}[(<])`,
  );
  const first = source.findIndex((line) => declaration.test(line));
  if (first < 0) return undefined;
  const indentation = /^ */.exec(source[first]!)![0];
  const isComplete = source[first]!.endsWith(';') || source[first]!.endsWith('}');
  const end = (line: string): boolean => line.startsWith(`${indentation}}`) || line.startsWith(`${indentation}]`);
  let last = first;
  if (!isComplete)
    do last++;
    while (!end(source[last]!));
  // The parameters of a function may end with `}: Type) {`, before its body.
  while (/[{(,]$/.test(source[last]!) && last > first)
    do last++;
    while (!end(source[last]!));
  let commentStart = first;
  if (source[first - 1]?.endsWith('*/'))
    do commentStart--;
    while (!source[commentStart]!.trimStart().startsWith('/**'));
  return { comment: first - commentStart, code: last + 1 - first };
}
