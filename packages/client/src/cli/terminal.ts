/** What a command writes to: results to `out`, everything else to `error`, so that results can be piped on. */
export interface Terminal {
  out: (text: string) => void;
  error: (text: string) => void;
  /** A line that the next one takes the place of; nothing where nobody looks. */
  status: (text: string) => void;
}

export function createTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    out: (text) => {
      clear();
      stdout.write(`${text}\n`);
    },
    error: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    status: (text) => {
      if (!stderr.isTTY) return;
      stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      shown = true;
    },
  };
}
