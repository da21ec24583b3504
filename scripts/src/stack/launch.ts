import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { ProcessRecord } from './process-record';

const MAX_LOG_BYTES = 20 * 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A started process, up or not. */
export interface ChildHandle {
  readonly child: ChildProcess;
  /** Resolves with how the process ended or why it could not start. Never rejects. */
  readonly exited: Promise<string>;
}

export interface LaunchOptions {
  command: string;
  args: readonly string[];
  environment: Environment;
  /** Log file; the process appends to it directly, so that its last lines survive the stack. */
  logFile: string;
  /**
   * Starts it in a session of its own, where a terminal's Ctrl-C does not reach it: it must reach only the stack, which
   * then stops in order. Services ignore it themselves (run-service.ts) and share the stack's session, because Linux
   * divides the processors between sessions first (autogroups): in another one the scoring threads would delay the API in
   * spite of their lower priority.
   */
  ownSession: boolean;
  /** Further stdio entries: an IPC channel, which closes when the stack ends; a pipe to inherit. */
  moreStdio?: readonly ('ipc' | Writable)[];
}

export function launch(
  { command, args, environment, logFile, ownSession, moreStdio = [] }: LaunchOptions,
  record: ProcessRecord,
): ChildHandle {
  const log = openLog(logFile);
  const child = spawn(command, args, {
    env: environment,
    detached: ownSession,
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
 * Keeps one older generation of the log. A process starts even when its log cannot be opened.
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
