import { resolve } from 'node:path';
import { readShippedPackages } from './shipped-packages';

/** Permissive licences, which only require that their text is kept. OFL-1.1 is for fonts. */
export const ALLOWED_LICENCES: readonly string[] = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'OFL-1.1',
];

/** Lists every shipped package with its licence, and sets the exit code when one is not allowed. */
export function printLicences(): void {
  const packages = readShippedPackages(resolve(__dirname, '../../..'));
  for (const { name, version, licence } of packages) console.log(`${licence}\t${name}@${version}`);
  const others = packages.filter(({ licence }) => !ALLOWED_LICENCES.includes(licence));
  if (others.length === 0) return;
  console.error(`Not allowed, or unknown: ${others.map(({ name, licence }) => `${name} (${licence})`).join(', ')}`);
  process.exitCode = 1;
}
