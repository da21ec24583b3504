'use strict';
// Status 1 when the file of warnings that Node.js wrote (--redirect-warnings, --trace-deprecation) holds a deprecation
// whose nearest frame outside Node.js itself is ours rather than a package's.

const { readFileSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..') + path.sep;

function isOurs(warning) {
  const frames = warning.split('\n').filter((line) => /^ +at /.test(line));
  const caller = frames.find((line) => !line.includes('node:'));
  return caller !== undefined && caller.includes(root) && !caller.includes(`${path.sep}node_modules${path.sep}`);
}

const warnings = readFileSync(process.argv[2], 'utf8').split(/^(?=\(node:\d+\))/m);
const ours = new Set(warnings.filter((warning) => /DeprecationWarning/.test(warning) && isOurs(warning)));
for (const warning of ours) process.stderr.write(`${warning.trim()}\n`);
process.stdout.write(`deprecated calls of ours: ${ours.size}\n`);
process.exitCode = ours.size === 0 ? 0 : 1;
