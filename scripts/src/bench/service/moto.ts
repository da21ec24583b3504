import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Environment } from '../../stack/launch';

const BUCKET = 'bench';

/** Runs `use` with the environment of a store on a separate S3 server; undefined without moto_server. */
export async function withMoto<T>(use: (environment: Environment) => Promise<T>): Promise<T | undefined> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const missing = new Promise<undefined>((resolve) => child.once('error', () => resolve(undefined)));
  const url = await Promise.race([addressOf(child), missing]);
  if (url === undefined) return undefined;
  try {
    child.stderr?.resume();
    await fetch(`${url}/${BUCKET}`, { method: 'PUT' });
    return await use({
      STORAGE_URL: `s3://${BUCKET}/objects`,
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
    });
  } finally {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }
}

async function addressOf(child: ChildProcess): Promise<string | undefined> {
  if (child.stderr === null) return undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  return undefined;
}
