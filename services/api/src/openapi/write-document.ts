import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PublicAddress } from '../http/public-address';
import { type RouteDeps, createRoutes } from '../routes';
import { readVersion } from '../version';
import { createOpenApiDocument } from './document';

export const COMMITTED_DOCUMENT = join(__dirname, '..', '..', 'openapi.json');

/** The document as the API serves it at the root of its host. */
export function formatDocument(): string {
  // Routes use what they are given when they handle a request, and none is handled here.
  const document = createOpenApiDocument(createRoutes({} as RouteDeps), readVersion(), new PublicAddress());
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** `npm run openapi` writes services/api/openapi.json; `npm run openapi -- --check` says whether it is current. */
function main(): void {
  const text = formatDocument();
  if (!process.argv.includes('--check')) return writeFileSync(COMMITTED_DOCUMENT, text);
  if (readFileSync(COMMITTED_DOCUMENT, 'utf8') === text) return;
  process.stderr.write('services/api/openapi.json differs from the code: run npm run openapi and commit the file\n');
  process.exitCode = 1;
}

if (require.main === module) main();
