import { ApiError, ConnectionError } from '@cytoqueue/client';
import { ConfigError, loadConfig } from '@cytoqueue/runtime';
import type { Environment } from './launch';
import type { Ready } from './ready-file';
import { createStackLog } from './stack-log';
import { Stack } from './stack';
import { StackError } from './stack-error';

/** npm forwards the terminal's Ctrl-C, which this process has received already: one key press, not two. */
const DUPLICATE_SIGNAL_MS = 300;

export interface RunOptions {
  environment: Environment;
  /** Called when the stack is up; if it rejects, the stack is stopped and the process ends with status 1. */
  onReady: (ready: Ready, stack: Stack) => Promise<void> | void;
  /** The status after an orderly stop by a signal. */
  exitCodeOnSignal: () => number;
}

/** Runs a stack in the foreground: SIGINT, SIGTERM or SIGHUP stop it in order, a second signal immediately. */
export async function runStack({ environment, onReady, exitCodeOnSignal }: RunOptions): Promise<void> {
  // A closed output pipe (`npm start | head -1`) must not end the stack.
  process.stdout.on('error', () => undefined);
  try {
    const config = loadConfig(environment);
    const stack = new Stack({ config, environment, log: createStackLog(config) });
    const signalled = stopOnSignals(stack, exitCodeOnSignal);
    await useStack(stack, onReady, signalled);
  } catch (error) {
    console.error(errorText(error));
    process.exitCode = 1;
  }
}

/** Failures after a signal are its consequence: only the signal handler ends the process. */
async function useStack(stack: Stack, onReady: RunOptions['onReady'], signalled: AbortSignal): Promise<void> {
  try {
    await onReady(await stack.start(), stack);
  } catch (error) {
    if (signalled.aborted) return;
    await stack.stop();
    throw error;
  }
}

function stopOnSignals(stack: Stack, exitCode: () => number): AbortSignal {
  const first = new AbortController();
  let firstAtMs = 0;
  const stop = (): void => {
    if (first.signal.aborted) {
      if (Date.now() - firstAtMs < DUPLICATE_SIGNAL_MS) return;
      stack.kill();
      process.exit(1);
    }
    first.abort();
    firstAtMs = Date.now();
    void stack.stop().then(() => process.exit(exitCode()));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Set only when a parent holds an IPC channel, as the end-to-end tests do; it closes when the parent ends.
  process.on('disconnect', () => (first.signal.aborted ? undefined : stop()));
  // Listening on the channel must not keep an idle process alive.
  process.channel?.unref();
  return first.signal;
}

/** A StackError is shown without a stack trace. */
const EXPECTED_ERRORS = [StackError, ConfigError, ApiError, ConnectionError];

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space on its disk, or set DATA_DIR to a folder on another one',
  EDQUOT: 'free some of your quota, or set DATA_DIR to a folder elsewhere',
  ENOTDIR: 'a part of its path is a file; set DATA_DIR to a folder',
  EROFS: 'its disk is mounted read-only; set DATA_DIR to a folder elsewhere',
  EACCES: 'this user lacks the permission; set DATA_DIR to a folder of its own',
};

function errorText(error: unknown): string {
  if (error instanceof Error && EXPECTED_ERRORS.some((type) => error instanceof type))
    return `Cytoqueue: ${error.message}`;
  const { code, path } = error as NodeJS.ErrnoException;
  const remedy = REMEDIES[code ?? ''];
  if (remedy !== undefined) return `Cytoqueue: ${path ?? 'DATA_DIR'} cannot be written (${code}); ${remedy}`;
  return `Cytoqueue: ${error instanceof Error ? error.stack : String(error)}`;
}
