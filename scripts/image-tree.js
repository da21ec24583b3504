'use strict';
// node scripts/image-tree.js TARGET [FOLDER…]: beside TARGET/node_modules, which holds the production install of one
// service, puts the packages of this repository that the install links to: of each its package.json and the `files` it ships.
// Copies each FOLDER likewise, where it exists. Removes from the installed packages what no service reads at run time:
// declarations, source maps, build state, tests, and packages that only an optional peer dependency asks for.

const { cpSync, existsSync, readFileSync, readdirSync, readlinkSync, rmSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const [target, ...folders] = process.argv.slice(2);
const installed = path.join(target, 'node_modules');
const unused = /\.(d\.[cm]?ts|map|tsbuildinfo)$/;
const testFile = /\.(test|spec)\.[cm]?[jt]sx?$/;
const testFolder = /^(tests?|__tests__)$/;

const readJson = (...file) => JSON.parse(readFileSync(path.join(...file), 'utf8'));

/**
 * Folders, relative to the root, of the service and of the packages of this repository that it needs at run time. npm links
 * those that it needs for development too; their links are removed.
 */
function takeWorkspaces() {
  const links = path.join(installed, '@cytoqueue');
  const folders = new Map(
    readdirSync(links).map((name) => [
      `@cytoqueue/${name}`,
      path.relative(target, path.resolve(links, readlinkSync(path.join(links, name)))),
    ]),
  );
  const needed = new Set([...folders.keys()].filter((name) => folders.get(name).startsWith('services/')));
  for (const name of needed)
    for (const dependency of Object.keys(readJson(root, folders.get(name), 'package.json').dependencies ?? {}))
      if (folders.has(dependency)) needed.add(dependency);
  for (const name of folders.keys()) if (!needed.has(name)) rmSync(path.join(installed, name));
  return [...needed].map((name) => folders.get(name));
}

function copy(relative) {
  cpSync(path.join(root, relative), path.join(target, relative), {
    recursive: true,
    filter: (file) => !unused.test(file),
  });
}

/** Names that some installed package needs: as a dependency, or as a peer that is not optional. */
function neededNames(manifests) {
  return new Set(
    manifests.flatMap(
      ({ dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) => [
        ...Object.keys({ ...dependencies, ...optionalDependencies }),
        ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
      ],
    ),
  );
}

/**
 * npm installs a development dependency (typescript) for production too when a package names it as an optional peer. Each
 * round can leave packages unneeded that only the removed ones asked for. Dependencies that are for development alone are
 * not touched here: an install that holds them was made with the wrong options.
 */
function removeOptionalPeers(workspaces) {
  const lock = readJson(root, 'package-lock.json').packages;
  const own = workspaces.map((workspace) => readJson(root, workspace, 'package.json'));
  const places = Object.keys(readJson(installed, '.package-lock.json').packages).filter((place) =>
    place.startsWith('node_modules/'),
  );
  for (let kept = places, unneeded; ; kept = kept.filter((place) => !unneeded.includes(place))) {
    const needed = neededNames([...own, ...kept.map((place) => lock[place] ?? {})]);
    unneeded = kept.filter(
      (place) => (lock[place]?.devOptional || lock[place]?.optional) && !needed.has(place.split('node_modules/').pop()),
    );
    if (unneeded.length === 0) return;
    for (const place of unneeded) rmSync(path.join(target, place), { recursive: true, force: true });
  }
}

function removeUnused() {
  for (const entry of readdirSync(installed, { recursive: true, withFileTypes: true })) {
    if (isUnused(entry)) rmSync(path.join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
}

/** Folders of commands too: nothing in an image runs them, and some point at what is removed here. */
function isUnused(entry) {
  if (entry.isFile()) return unused.test(entry.name) || testFile.test(entry.name);
  // A package may itself be called `test`; only a folder inside of one holds tests.
  const isPackage = /node_modules(\/@[^/]+)?$/.test(entry.parentPath);
  return entry.isDirectory() && (isPackage ? entry.name === '.bin' : testFolder.test(entry.name));
}

const workspaces = takeWorkspaces();
for (const workspace of workspaces) {
  const { files = ['dist'] } = readJson(root, workspace, 'package.json');
  for (const file of ['package.json', ...files]) copy(path.join(workspace, file));
}
for (const folder of folders) if (existsSync(path.join(root, folder))) copy(folder);
removeOptionalPeers(workspaces);
removeUnused();
