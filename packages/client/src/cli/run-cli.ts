import { ApiError, ConnectionError } from '../api-error';
import { CytoqueueClient } from '../cytoqueue-client';
import { parseArguments } from './arguments';
import { commands } from './commands';
import { findConnection } from './connection';
import { formatApiError } from './format';
import { isStdout } from './output';
import { createTerminal } from './terminal';
import { UsageError } from './usage-error';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Exit statuses by shell convention: 128 + signal number. */
const SIGNAL_EXIT_STATUSES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
const EXIT_BROKEN_PIPE = 141;

/** The `cytoqueue` command. @returns its exit status, see `help` */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const terminal = createTerminal(process.stdout, process.stderr);
  const stop = new AbortController();
  const stopStatus = abortOnSignals(stop);
  try {
    const { command, operands, options } = parseArguments(args);
    if (options.help || command === undefined || command === 'help') {
      terminal.stdout(help());
      return command === undefined && !options.help ? EXIT_USAGE : 0;
    }
    const selected = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (selected === undefined) throw new UsageError(`unknown command: ${command}`);
    // Standard output must contain only the file.
    if (isStdout(options.output) || isStdout(options.errors)) terminal.stdout = terminal.stderr;
    const client = new CytoqueueClient(findConnection(options, environment));
    return await selected.run({ client, terminal, operands, options, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) return stopStatus();
    terminal.stderr(`cytoqueue: ${formatError(error)}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** Aborts the command on a signal, which removes partial files. A second signal exits at once. @returns a function that gives the exit status */
function abortOnSignals(stop: AbortController): () => number {
  let status = 1;
  const abort = (newStatus: number, reason: string): void => {
    if (stop.signal.aborted) return;
    status = newStatus;
    stop.abort(new Error(reason));
  };
  for (const [signal, signalStatus] of Object.entries(SIGNAL_EXIT_STATUSES)) {
    // process.exit runs the exit handlers, which remove a partial download.
    process.on(signal, () => (stop.signal.aborted ? process.exit(signalStatus) : abort(signalStatus, 'interrupted')));
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') abort(EXIT_BROKEN_PIPE, 'the output pipe was closed');
  });
  return () => status;
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

function help(): string {
  const lines = Object.entries(commands).map(
    ([name, { operands, description }]) => `  ${`${name} ${operands}`.padEnd(32)}${description}`,
  );
  return `cytoqueue COMMAND: send cytology records to Cytoqueue and get the results

${lines.join('\n')}

  --url URL, --key KEY      URL of the service and API key. Default: CYTOQUEUE_URL and CYTOQUEUE_API_KEY,
                            then the stack that npm start runs in this folder
  --json                    print the API's response as JSON
  -o FILE, --errors FILE    save the results and the rows that were not scored (upload, watch, rescore); - = stdout
  --idempotency-key KEY     repeat a request without storing anything twice (upload, predict, rescore, confirmations)
  --format csv|xlsx|jsonl|parquet
                            format of saved files (upload, watch, rescore, results, errors, changes)
  --no-wait                 return as soon as the batch is accepted (upload, rescore)
  --profile NAME, --sheet NAME, --charset NAME, --on-warning continue|abort
                            how to read the file (upload, preflight)
  --id ID                   sample_id of the record (predict)
  --model NAME[@VERSION], --operating-point, --missing, --on-error, --formulas, --explain
                            parameters of the API; predict takes the first three, rescore the first two,
                            performance and drift the first

Exit status: 0 success, 1 refused or not every row scored or stored, 2 usage error,
6 the file is unlike the training data (upload, preflight, watch, rescore).`;
}
