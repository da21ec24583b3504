import { resolve } from 'node:path';
import { ALLOWED_LICENCES } from './print-licences';
import { readShippedPackages } from './shipped-packages';

const packages = readShippedPackages(resolve(__dirname, '../../..'));

test('what ships is seen, and what serves development is not', () => {
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['express', 'bullmq', '@aws-sdk/client-s3', 'busboy', 'react', 'prom-client']),
  );
  for (const name of ['jest', 'axe-core', 'aws-cdk-lib', 'typescript']) expect(names).not.toContain(name);
});

test('every package that ships has a licence that allows it', () => {
  expect(packages.filter(({ licence }) => !ALLOWED_LICENCES.includes(licence))).toEqual([]);
});

/**
 * The first tells its maker of the installation and is switched off in package.json; the second compiles what it has as
 * JavaScript too.
 */
const KNOWN_SCRIPTS = ['@scarf/scarf', 'msgpackr-extract'];

test('no package that ships runs code while it is installed but those that are known', () => {
  expect(packages.filter(({ name, hasInstallScript }) => hasInstallScript && !KNOWN_SCRIPTS.includes(name))).toEqual(
    [],
  );
});
