// Compiles assembly/*.ts into src/kernel/wasm.ts, where the modules lie as base64: nothing is looked up at run time.
// Does nothing when that file names the digest of what it would be made of. With --check it compiles and only compares.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const KERNELS = ['integer', 'float', 'grades'];
/** 112: vectors in exports, which only pass from file to file here. */
const OPTIONS = ['--disableWarning', '112', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort=', '--outFile', 'kernel.wasm'];

const target = new URL('src/kernel/wasm.ts', import.meta.url);
const files = readdirSync(new URL('assembly', import.meta.url)).sort();
const sources = Object.fromEntries(files.map((name) => [name, read(`assembly/${name}`)]));
const { assemblyscript } = JSON.parse(read('package.json')).devDependencies;

function read(path) {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

function readTarget() {
  try {
    return readFileSync(target, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

async function compile(name) {
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

async function generate(digest) {
  const lines = ['// Made by build-kernel.mjs from assembly/*.ts. Not to be edited.', `// ${digest}`];
  for (const name of KERNELS) {
    const rows = (await compile(name)).match(/.{1,116}/g);
    lines.push('', `export const ${name}Wasm =`, ...rows.map((row, i) => `  '${row}'${i < rows.length - 1 ? ' +' : ';'}`));
  }
  return `${lines.join('\n')}\n`;
}

const digest = `sha256:${createHash('sha256').update(JSON.stringify([assemblyscript, OPTIONS, sources])).digest('hex')}`;
const present = readTarget();
if (process.argv.includes('--check')) {
  if (present !== (await generate(digest))) throw new Error('src/kernel/wasm.ts is not what assembly/ compiles to: npm run build');
} else if (!present.includes(digest)) {
  writeFileSync(target, await generate(digest));
}
