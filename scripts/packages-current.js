'use strict';
// Status 0 when node_modules holds what package-lock.json asks for, else 1. Compares npm's own stamp, which it writes
// into node_modules as the last step of an install; a checkout may change the lock file without changing its date for
// the later. Plain JavaScript without packages: it runs before there are any.

const { readFileSync } = require('node:fs');
const path = require('node:path');

function readPackages(file) {
  return JSON.parse(readFileSync(path.join(__dirname, '..', file), 'utf8')).packages;
}

/** Optional packages are for other systems when they are absent; what lies outside node_modules is our own source. */
function isCurrent([place, wanted], installed) {
  if (!place.startsWith('node_modules/') && !place.includes('/node_modules/')) return true;
  const found = installed[place];
  if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
  return found.version === wanted.version && found.integrity === wanted.integrity;
}

try {
  const installed = readPackages('node_modules/.package-lock.json');
  const wanted = Object.entries(readPackages('package-lock.json'));
  process.exitCode = wanted.every((entry) => isCurrent(entry, installed)) ? 0 : 1;
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
  process.exitCode = 1;
}
