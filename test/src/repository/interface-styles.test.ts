import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Styles of the web app: shared parts in `ui`, everything else in the style sheet of the component or folder that uses it. */

const SOURCES = resolve(__dirname, '../../../services/web/src');
const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).toSorted();
const sheets = sources.filter((file) => file.endsWith('.module.css'));
const components = sources.filter((file) => /\.tsx?$/.test(file) && !/\.test\.|\.fixtures\./.test(file));
const read = (file: string) => readFileSync(join(SOURCES, file), 'utf8');
const code: ReadonlyMap<string, string> = new Map(components.map((file) => [file, read(file)]));

interface Import {
  file: string;
  name: string;
  sheet: string;
}

const imports: readonly Import[] = [...code].flatMap(([file, text]) =>
  [...text.matchAll(/^import (\w+) from '(.*\.module\.css)';$/gm)].map(([, name = '', path = '']) => ({
    file,
    name,
    sheet: join(dirname(file), path),
  })),
);
/** Sheets that `ui/styles.ts` joins in the object `ui`. */
const sharedSheets = imports.filter(({ file }) => file === 'ui/styles.ts').map(({ sheet }) => sheet);

const camelCase = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Without declarations, whose values have dots too. */
function classesOf(sheet: string): Set<string> {
  const selectors = read(sheet)
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/[^{};]*;/g, '');
  return new Set([...selectors.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = '']) => camelCase(name)));
}

function namesUsed(text: string, object: string): string[] {
  return [...text.matchAll(new RegExp(`\\b${object}\\.(\\w+)`, 'g'))].map(([, name = '']) => name);
}

test('components use only classes that their style sheets have', () => {
  const shared = new Set(sharedSheets.flatMap((sheet) => [...classesOf(sheet)]));
  const unknownShared = [...code].flatMap(([file, text]) =>
    namesUsed(text, 'ui')
      .filter((name) => !shared.has(name))
      .map((name) => `${file}: ui.${name}`),
  );
  const unknown = imports
    .filter(({ file }) => file !== 'ui/styles.ts')
    .flatMap(({ file, name: object, sheet }) =>
      namesUsed(code.get(file) ?? '', object)
        .filter((name) => !classesOf(sheet).has(name))
        .map((name) => `${file}: ${object}.${name}`),
    );
  expect([...unknownShared, ...unknown]).toEqual([]);
});

test('every class of a style sheet is used', () => {
  const all = [...code.values()].join('\n');
  const isUsed = (sheet: string, name: string): boolean =>
    // Looked up by the name of a variant or tone.
    all.includes(`'${name}'`) ||
    (sharedSheets.includes(sheet) && namesUsed(all, 'ui').includes(name)) ||
    imports.some((each) => each.sheet === sheet && namesUsed(code.get(each.file) ?? '', each.name).includes(name));
  const unused = sheets.flatMap((sheet) =>
    [...classesOf(sheet)].filter((name) => !isUsed(sheet, name)).map((name) => `${sheet}: ${name}`),
  );
  expect(unused).toEqual([]);
});

test('a style sheet belongs to its folder and the folders below', () => {
  const foreign = imports.filter(({ file, sheet }) => !`${dirname(file)}/`.startsWith(`${dirname(sheet)}/`));
  expect(foreign).toEqual([]);
});

test('the names of style sheets are unique, because generated class names begin with them', () => {
  expect(new Set(sheets.map((sheet) => basename(sheet))).size).toBe(sheets.length);
});
