import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const HOW_TO = 'S3 tests need moto_server on PATH (pip install "moto[server]==5.2.1") or S3_TEST_ENDPOINT';
const START_TIMEOUT_MS = 60_000;

export interface MotoServer {
  url: string;
  stop(): Promise<void>;
}

function isOnPath(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether an S3 server can be had for tests; says how to get one when not.
 * @throws Error on CI, where S3 tests are not skipped.
 */
export function motoAvailable(): boolean {
  if (process.env.S3_TEST_ENDPOINT || isOnPath('moto_server')) return true;
  if (process.env.CI === 'true') throw new Error(HOW_TO);
  process.stderr.write(`skipped: ${HOW_TO}\n`);
  return false;
}

/** moto takes a free port of its own and says which on stderr. */
async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stderr! })) {
    const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('moto_server ended before it listened');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

/** Starts a moto of this test's own, empty, on a free port; or takes the server that S3_TEST_ENDPOINT names. */
export async function startMoto(): Promise<MotoServer> {
  const url = process.env.S3_TEST_ENDPOINT;
  if (url) return { url, stop: async () => {} };
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const deadline = setTimeout(() => child.kill(), START_TIMEOUT_MS);
  try {
    return { url: await addressOf(child), stop: () => end(child) };
  } finally {
    clearTimeout(deadline);
    child.stderr!.resume(); // one line a request; unread, they would block the server
  }
}
