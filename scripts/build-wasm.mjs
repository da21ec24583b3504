// Compiles the packages' assembly/*.ts into TypeScript files in which the modules lie as base64: nothing is looked up at run
// time. Leaves alone a file that names the digest of what it would be made of. With --check it compiles and only compares.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const TARGETS = [
  { folder: 'packages/classifier', modules: ['integer', 'decimal', 'grades'], target: 'src/kernel/wasm.ts' },
  { folder: 'packages/csv', modules: ['rows', 'row-ends'], target: 'src/wasm/module.ts' },
];
/** 112: vectors in exports, which only pass from file to file here. */
const OPTIONS = [
  '--disableWarning',
  '112',
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--use',
  'abort=',
  '--outFile',
  'module.wasm',
];

const root = new URL('../', import.meta.url);

function read(path) {
  return readFileSync(new URL(path, root), 'utf8');
}

function readTarget(path) {
  try {
    return read(path);
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

async function compile(name, sources) {
  const { default: compiler } = await import('assemblyscript/asc');
  let binary;
  const { error } = await compiler.main([`${name}.ts`, ...OPTIONS], {
    readFile: (file) => sources[file] ?? null,
    writeFile: (_, contents) => (binary = contents),
    listFiles: () => [],
    stderr: process.stderr,
  });
  if (error) throw error;
  return Buffer.from(binary).toString('base64');
}

function camelCase(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

async function generate(modules, sources, digest) {
  const lines = ['// Made by scripts/build-wasm.mjs from assembly/*.ts. Not to be edited.', `// ${digest}`];
  for (const name of modules) {
    const rows = (await compile(name, sources)).match(/.{1,116}/g);
    lines.push(
      '',
      `export const ${camelCase(name)}Wasm =`,
      ...rows.map((row, i) => `  '${row}'${i < rows.length - 1 ? ' +' : ';'}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

const { assemblyscript } = JSON.parse(read('package.json')).devDependencies;
for (const { folder, modules, target } of TARGETS) {
  const files = readdirSync(new URL(`${folder}/assembly`, root)).sort();
  const sources = Object.fromEntries(files.map((name) => [name, read(`${folder}/assembly/${name}`)]));
  const digest = `sha256:${createHash('sha256')
    .update(JSON.stringify([assemblyscript, OPTIONS, sources]))
    .digest('hex')}`;
  const path = `${folder}/${target}`;
  const present = readTarget(path);
  if (process.argv.includes('--check')) {
    if (present !== (await generate(modules, sources, digest)))
      throw new Error(`${path} is not what ${folder}/assembly compiles to: npm run build`);
  } else if (!present.includes(digest)) {
    writeFileSync(new URL(path, root), await generate(modules, sources, digest));
  }
}
