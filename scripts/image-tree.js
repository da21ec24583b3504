'use strict';
// node scripts/image-tree.js TARGET [FOLDER…]: beside TARGET/node_modules, which holds the production install of one
// service, puts what that install links to (our own packages): of each its package.json and the `files` it ships, without
// declarations, source maps and build state, and takes those out of the installed packages too. FOLDERs are copied likewise,
// where they exist.

const { cpSync, existsSync, readFileSync, readdirSync, readlinkSync, rmSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const [target, ...folders] = process.argv.slice(2);
const unused = /\.(d\.[cm]?ts|map|tsbuildinfo)$/;

/** Folders of this repository that the install links to, relative to its root. */
function linkedWorkspaces() {
  const links = path.join(target, 'node_modules', '@cytoqueue');
  return readdirSync(links).map((name) => path.relative(target, path.resolve(links, readlinkSync(path.join(links, name)))));
}

function copy(relative) {
  cpSync(path.join(root, relative), path.join(target, relative), { recursive: true, filter: (file) => !unused.test(file) });
}

for (const workspace of linkedWorkspaces()) {
  const { files = ['dist'] } = JSON.parse(readFileSync(path.join(root, workspace, 'package.json'), 'utf8'));
  for (const file of ['package.json', ...files]) copy(path.join(workspace, file));
}
for (const folder of folders) if (existsSync(path.join(root, folder))) copy(folder);

for (const entry of readdirSync(path.join(target, 'node_modules'), { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && unused.test(entry.name)) rmSync(path.join(entry.parentPath, entry.name));
}
