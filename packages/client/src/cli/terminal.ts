/** What a command writes to: results to `out`, everything else to `error`, so that results can be piped on. */
export interface Terminal {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** A line that the next one takes the place of; nothing where nobody looks. */
  status: (text: string) => void;
}

export function createTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
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
      stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      hasStatusLine = true;
    },
  };
}
