import type { Writable } from 'node:stream';

/** Output streams of a command: results to `stdout`, messages to `stderr`, so that results can be piped. */
export interface Terminal {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Writes a status line that the next line replaces. No output if stderr is not a terminal. */
  status: (text: string) => void;
}

/** Standard output and standard error, as a process has them. */
export interface OutputStreams {
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

export function createTerminal({ stdout, stderr }: OutputStreams): Terminal {
  let hasStatusLine = false;
  const clear = (): void => {
    if (hasStatusLine) stderr.write('\r\u001b[K');
    hasStatusLine = false;
  };
  return {
    stdout: (text) => {
      clear();
      stdout.write(`${text}\n`);
    },
    stderr: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    status: (text) => {
      if (!stderr.isTTY) return;
      stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns || 80) - 1)}`);
      hasStatusLine = true;
    },
  };
}

/** Prints a response as JSON or in words. @returns exit status 0 */
export function print<T>(
  { terminal, options }: { terminal: Terminal; options: { json?: boolean } },
  response: T,
  format: (response: T) => string,
): number {
  terminal.stdout(options.json ? JSON.stringify(response) : format(response));
  return 0;
}
