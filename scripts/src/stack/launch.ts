import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { ProcessRecord } from './process-record';

const MAX_LOG_BYTES = 20 * 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A process that was started, whether or not it serves yet. */
export interface ChildHandle {
  readonly child: ChildProcess;
  /** Resolves with how it ended, also when it could not be started at all. Never rejects. */
  readonly exited: Promise<string>;
}

export interface LaunchOptions {
  command: string;
  args: readonly string[];
  environment: Environment;
  /** Appended to; the process writes it itself, so that its last words outlive us. */
  logFile: string;
  /** More for its standard input and output: an IPC channel, whose end tells it that we are gone; a pipe to inherit. */
  moreStdio?: readonly ('ipc' | Writable)[];
}

/** Starts a process in a session of its own: a terminal's Ctrl-C must reach the stack alone, which then stops in order. */
export function launch(
  { command, args, environment, logFile, moreStdio = [] }: LaunchOptions,
  record: ProcessRecord,
): ChildHandle {
  const log = openLog(logFile);
  const child = spawn(command, args, {
    env: environment,
    detached: true,
    stdio: ['ignore', log, log, ...moreStdio],
  });
  if (typeof log === 'number') closeSync(log);
  const { pid } = child;
  if (pid !== undefined) record.add(pid);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(startErrorText(command, error)));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
  if (pid !== undefined) void exited.then(() => record.remove(pid));
  return { child, exited };
}

function startErrorText(command: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? `${command} is not installed: run sh scripts/setup.sh`
    : `could not be started: ${error.message}`;
}

/**
 * The log grows over restarts; one older generation is kept. A process must start without a log rather than not at all.
 */
function openLog(file: string): number | 'ignore' {
  try {
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
    return openSync(file, 'a', 0o600);
  } catch {
    return 'ignore';
  }
}
