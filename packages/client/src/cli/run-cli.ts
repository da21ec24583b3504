import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, ConnectionError } from '../api-error';
import { CytoqueueClient } from '../cytoqueue-client';
import { expectOptions, parseArguments } from './arguments';
import type { Command, CommandContext } from './command-context';
import { commands } from './commands';
import { findConnection } from './connection';
import { EXIT, statusOfError } from './exit-status';
import { formatApiError } from './format';
import { formatCommandHelp, formatHelp } from './help';
import type { Environment } from './login-file';
import { isStdout } from './output';
import { type OutputStreams, createTerminal } from './terminal';
import { UsageError } from './usage-error';

/** Exit statuses by shell convention: 128 + signal number. */
const SIGNAL_EXIT_STATUSES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
const EXIT_BROKEN_PIPE = 141;

/** The `cytoqueue` command. @returns its exit status, see `exit-status.ts` */
export async function runCli(
  args: readonly string[],
  environment: Environment,
  streams: OutputStreams = process,
): Promise<number> {
  const terminal = createTerminal(streams);
  const stop = new AbortController();
  const signals = abortOnSignals(stop, streams);
  let context: CommandContext | undefined;
  try {
    const { command, operands, options } = parseArguments(args);
    if (options.version) return print(readVersion());
    if (command === undefined) {
      terminal.stdout(formatHelp(commands));
      return options.help ? EXIT.ok : EXIT.usage;
    }
    const named = command === 'help' ? operands[0] : command;
    if (named === undefined) return print(formatHelp(commands));
    const selected = find(named);
    if (options.help || command === 'help') return print(formatCommandHelp(named, selected));
    expectOptions(options, selected.options);
    // Standard output must contain only the file.
    if (isStdout(options.output) || isStdout(options.errors)) terminal.stdout = terminal.stderr;
    let client: CytoqueueClient | undefined;
    context = {
      get client() {
        return (client ??= new CytoqueueClient(findConnection(options, environment)));
      },
      terminal,
      operands,
      options,
      environment,
      signal: stop.signal,
    };
    return await selected.run(context);
  } catch (error) {
    if (stop.signal.aborted) {
      if (context?.afterInterrupt !== undefined && signals.status !== EXIT_BROKEN_PIPE)
        terminal.stderr(`interrupted; ${context.afterInterrupt}`);
      return signals.status;
    }
    terminal.stderr(args.includes('--json') ? toJson(error) : `cytoqueue: ${formatError(error)}`);
    return statusOfError(error);
  } finally {
    signals.ignore();
  }

  function print(text: string): number {
    terminal.stdout(text);
    return EXIT.ok;
  }
}

/** @throws UsageError */
function find(name: string): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`unknown command: ${name}`);
  return command;
}

function readVersion(): string {
  const path = join(__dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** Aborts the command on a signal, which removes partial files. A second signal exits at once. */
function abortOnSignals(stop: AbortController, { stdout }: OutputStreams): { status: number; ignore: () => void } {
  const abort = (status: number, reason: string): void => {
    if (stop.signal.aborted) return;
    signals.status = status;
    stop.abort(new Error(reason));
  };
  const listeners = Object.entries(SIGNAL_EXIT_STATUSES).map(([signal, status]) => {
    // process.exit runs the exit handlers, which remove a partial download.
    const listener = () => (stop.signal.aborted ? process.exit(status) : abort(status, 'interrupted'));
    process.on(signal, listener);
    return { signal, listener };
  });
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') abort(EXIT_BROKEN_PIPE, 'the output pipe was closed');
  });
  const signals = {
    status: 1,
    ignore: () => listeners.forEach(({ signal, listener }) => process.off(signal, listener)),
  };
  return signals;
}

function formatError(error: unknown): string {
  if (error instanceof ApiError) return `${formatApiError(error)}${formatKeyHint(error)}`;
  if (error instanceof UsageError) return `${error.message}\n(see cytoqueue --help)`;
  if (error instanceof ConnectionError) return `${formatConnectionError(error)}${formatKeyHint(error)}`;
  return error instanceof Error ? error.message : String(error);
}

function formatConnectionError(error: ConnectionError): string {
  const cause = rootCause(error);
  return cause === error.message ? cause : `${error.message}: ${cause}`;
}

/** Hint for a request that may have created a resource. */
function formatKeyHint({ idempotencyKey }: ApiError | ConnectionError): string {
  return idempotencyKey === undefined
    ? ''
    : `\nThe request may have been accepted. Repeat the command with --idempotency-key ${idempotencyKey} to avoid a duplicate.`;
}

function rootCause(error: Error): string {
  const { cause } = error;
  if (cause instanceof Error) return rootCause(cause);
  return error.message || String((error as NodeJS.ErrnoException).code);
}

/** An error as one line of JSON. */
function toJson(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ApiError)) {
    const type = error instanceof UsageError ? 'usage' : error instanceof ConnectionError ? 'unreachable' : 'failed';
    const { idempotencyKey } = error as { idempotencyKey?: string };
    return JSON.stringify({ error: { type, message, idempotencyKey } });
  }
  const { type, status, detail, errors, totalErrors, requestId, idempotencyKey } = error;
  return JSON.stringify({ error: { type, status, message, detail, errors, totalErrors, requestId, idempotencyKey } });
}
