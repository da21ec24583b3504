import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, type Environment, readLogin } from './login-file';
import { UsageError } from './usage-error';

/** Finds URL and API key: options first, then the environment, then a local stack or the login, whichever is of that URL. */
export function findConnection(options: { url?: string; key?: string }, environment: Environment): Connection {
  const url = options.url ?? environment['CYTOQUEUE_URL'];
  const apiKey = options.key ?? findKey(environment);
  if (url !== undefined && apiKey !== undefined) return { url, apiKey };
  const stored = findStored(url, environment);
  if (stored !== undefined) return { url: url ?? stored.url, apiKey: apiKey ?? stored.apiKey };
  throw new UsageError(
    url === undefined
      ? 'the URL of the service is missing; run cytoqueue login, give --url, set CYTOQUEUE_URL, or start a local stack with npm start'
      : 'the API key is missing; run cytoqueue login, or set CYTOQUEUE_API_KEY or CYTOQUEUE_API_KEY_FILE',
  );
}

/** A stored key must not be sent to another service. @param url undefined: the first one stored */
function findStored(url: string | undefined, environment: Environment): Connection | undefined {
  const isWanted = (stored: Connection | undefined): boolean =>
    stored !== undefined && (url === undefined || withoutSlash(stored.url) === withoutSlash(url));
  const ready = readReady(environment['DATA_DIR'] ?? '.cytoqueue');
  if (isWanted(ready)) return ready;
  const login = readLogin(environment);
  return isWanted(login) ? login : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** The key of the environment. @throws UsageError when its file cannot be read */
export function findKey(environment: Environment): string | undefined {
  const file = environment['CYTOQUEUE_API_KEY_FILE'];
  if (environment['CYTOQUEUE_API_KEY'] !== undefined || file === undefined) return environment['CYTOQUEUE_API_KEY'];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`CYTOQUEUE_API_KEY_FILE cannot be read: ${(error as Error).message}`);
  }
}

function readReady(dataDir: string): Connection | undefined {
  try {
    const ready = JSON.parse(readFileSync(join(dataDir, 'ready.json'), 'utf8')) as { url: string; api_key: string };
    return { url: ready.url, apiKey: ready.api_key };
  } catch {
    return undefined;
  }
}
