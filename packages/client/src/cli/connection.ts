import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error';

export interface Connection {
  url: string;
  apiKey: string;
}

/** Finds URL and API key: options first, then the environment, then a local stack. */
export function findConnection(
  options: { url?: string; key?: string },
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const local = readReady(environment['DATA_DIR'] ?? '.cytoqueue');
  const url = options.url ?? environment['CYTOQUEUE_URL'] ?? local?.url;
  // The local key must not be sent to another service.
  const apiKey = options.key ?? environment['CYTOQUEUE_API_KEY'] ?? (url === local?.url ? local?.api_key : undefined);
  if (url === undefined)
    throw new UsageError(
      'the URL of the service is missing; give --url, set CYTOQUEUE_URL, or start a local stack with npm start',
    );
  if (apiKey === undefined) throw new UsageError('the API key is missing; set CYTOQUEUE_API_KEY or give --key');
  return { url, apiKey };
}

function readReady(dataDir: string): { url: string; api_key: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'ready.json'), 'utf8')) as { url: string; api_key: string };
  } catch {
    return undefined;
  }
}
