import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@cytoqueue/runtime';
import type { Environment } from '../../stack/launch';
import type { Ready } from '../../stack/ready-file';
import { createStackLog } from '../../stack/stack-log';
import { Stack } from '../../stack/stack';
import { ApiConnection } from './api-connection';

export interface RunningStack {
  readonly api: ApiConnection;
  readonly pids: Ready['pids'];
  readonly redisUrl: string;
}

/** Keeps the default log level, which logs every request, as users run it. */
const ISOLATED = {
  PORT: '0',
  WORKER_PORT: '0',
  REDIS_URL: undefined,
  STORAGE_URL: undefined,
  API_KEYS_FILE: undefined,
  CLOUDWATCH_NAMESPACE: undefined,
};

/** Runs `use` against a separate stack, started like `npm start` on a temporary DATA_DIR. */
export async function withStack<T>(
  environment: Environment,
  own: Environment,
  use: (stack: RunningStack) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cytoqueue-bench-'));
  const settled = { ...environment, ...ISOLATED, ...own, DATA_DIR: dataDir };
  const config = loadConfig(settled);
  const stack = new Stack({ config, environment: settled, log: createStackLog(config) });
  try {
    const { url, api_key, pids, redis_url: redisUrl } = await stack.start();
    const api = new ApiConnection(url, api_key ?? '');
    try {
      return await use({ api, pids, redisUrl });
    } finally {
      api.close();
    }
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true });
  }
}
