import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error';

export interface Connection {
  url: string;
  apiKey: string;
}

/** Where the API is and with which key: options first, then the environment, then a stack that runs here. */
export function findConnection(
  options: { url?: string; key?: string },
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const local = readReady(environment['DATA_DIR'] ?? '.cytoqueue');
  const url = options.url ?? environment['CYTOQUEUE_URL'] ?? local?.url;
  // A local key is of no use elsewhere, and must not be sent there.
  const apiKey = options.key ?? environment['CYTOQUEUE_API_KEY'] ?? (url === local?.url ? local?.api_key : undefined);
  if (url === undefined)
    throw new UsageError('where is the service? Give --url or CYTOQUEUE_URL, or start one here with npm start');
  if (apiKey === undefined) throw new UsageError('with which API key? Set CYTOQUEUE_API_KEY, or give --key');
  return { url, apiKey };
}

function readReady(dataDir: string): { url: string; api_key: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'ready.json'), 'utf8')) as { url: string; api_key: string };
  } catch {
    return undefined;
  }
}
