import { resolve } from 'node:path';
import { ALLOWED_LICENCES } from './print-licences';
import { readShippedPackages } from './shipped-packages';

const packages = readShippedPackages(resolve(__dirname, '../../..'));

test('lists run-time packages and no development packages', () => {
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['express', 'bullmq', '@aws-sdk/client-s3', 'busboy', 'react', 'prom-client']),
  );
  for (const name of ['jest', 'axe-core', 'aws-cdk-lib', 'typescript']) expect(names).not.toContain(name);
});

test('every shipped package has an allowed licence', () => {
  expect(packages.filter(({ licence }) => !ALLOWED_LICENCES.includes(licence))).toEqual([]);
});

/**
 * The first package reports the installation to its maker and is disabled in package.json; the second compiles native
 * code that it also has as JavaScript.
 */
const KNOWN_SCRIPTS = ['@scarf/scarf', 'msgpackr-extract'];

test('no shipped package has an install script except the known ones', () => {
  expect(packages.filter(({ name, hasInstallScript }) => hasInstallScript && !KNOWN_SCRIPTS.includes(name))).toEqual(
    [],
  );
});
