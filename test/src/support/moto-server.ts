import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { askSharedServer } from './jest/shared-servers';

const START_TIMEOUT_MS = 60_000;

export interface MotoServer {
  readonly url: string;
}

/** A started moto_server and how to end it. */
export interface MotoProcess extends MotoServer {
  readonly stop: () => Promise<void>;
}

/**
 * The AWS server of this jest run, or the one that S3_TEST_ENDPOINT names. All test files share it, so each uses bucket
 * names and namespaces of its own. It ends with the run.
 */
export async function connectMoto(): Promise<MotoServer> {
  return { url: process.env['S3_TEST_ENDPOINT'] ?? (await askSharedServer('moto')) };
}

/** Starts moto_server on a free port. */
export async function launchMoto(): Promise<MotoProcess> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const deadline = setTimeout(() => child.kill(), START_TIMEOUT_MS);
  try {
    return { url: await addressOf(child), stop: () => end(child) };
  } finally {
    clearTimeout(deadline);
    child.stderr.resume(); // It logs a line per request; an unread pipe would block the server.
  }
}

/** moto_server prints its port to stderr. */
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
