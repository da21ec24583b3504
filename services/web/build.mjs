// Builds the web app into dist/ and compresses its scripts and styles, unless dist/ was built from the same sources.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const inputs = [
  fileURLToPath(import.meta.url),
  ...['src', 'public'].flatMap((folder) => filesBelow(join(here, folder))),
  ...['index.html', 'vite.config.mjs', 'package.json'].map((file) => join(here, file)),
  ...filesBelow(join(root, 'packages/client/src')),
  join(root, 'package-lock.json'),
].filter((file) => !/\.test\.tsx?$/.test(file));
/** A dotfile, so it is not served. */
const stamp = join(here, 'dist/.inputs');

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const hash = createHash('sha256');
for (const file of inputs)
  hash
    .update(`${file.slice(root.length)}\0`)
    .update(readFileSync(file))
    .update('\0');
const digest = hash.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  const { build } = await import('vite');
  await build({ root: here, configFile: join(here, 'vite.config.mjs'), logLevel: 'warn' });
  for (const file of filesBelow(join(here, 'dist/assets')).filter((name) => /\.(js|css)$/.test(name))) {
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    // At the highest quality by default.
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
  }
  writeFileSync(stamp, digest);
}
