import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { CytoqueueClient } from '../cytoqueue-client';
import { expectOperands } from './arguments';
import type { CommandContext } from './command-context';
import { findKey } from './connection';
import { removeLogin, writeLogin } from './login-file';
import { UsageError } from './usage-error';

/** Checks the key with the service and stores both. */
export async function login({ terminal, operands, options, signal, environment }: CommandContext): Promise<number> {
  expectOperands(operands, []);
  const url = options.url ?? environment['CYTOQUEUE_URL'];
  if (url === undefined) throw new UsageError('give the URL of the service: cytoqueue login --url URL');
  // A key of the environment may belong to another service than the one of --url.
  const environmentKey = options.url === undefined ? findKey(environment) : undefined;
  const apiKey = options.key ?? environmentKey ?? (await askForKey(terminal.stderr, signal));
  const { tenant, role } = await new CytoqueueClient({ url, apiKey }).session({ signal });
  const path = writeLogin(environment, { url, apiKey });
  terminal.stderr(`logged in to ${url} as ${role} of ${tenant}; stored in ${path}`);
  return 0;
}

export async function logout({ terminal, operands, environment }: CommandContext): Promise<number> {
  expectOperands(operands, []);
  removeLogin(environment);
  terminal.stderr('logged out; the API key itself stays valid');
  return 0;
}

/** Reads the key from a pipe, or from the terminal without showing it. */
async function askForKey(say: (text: string) => void, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY) {
    const key = (await text(process.stdin)).trim();
    if (key === '') throw new UsageError('send the API key to standard input: cytoqueue login --url URL < key-file');
    return key;
  }
  say('API key (not shown):');
  const lines = createInterface({ input: process.stdin, terminal: true });
  // Without an output the keys are not shown; the terminal is then in raw mode, in which Ctrl-C is no signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // Ctrl-D closes the input without a line.
  const closed = once(lines, 'close', { signal });
  const [key = ''] = (await Promise.race([once(lines, 'line', { signal }), closed]).finally(() => lines.close())) as [
    string?,
  ];
  if (key.trim() === '') throw new UsageError('no API key was given');
  return key.trim();
}
