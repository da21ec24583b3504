import type { WriteStream } from 'node:tty';

const WIDTH = 30;
/** Without a terminal one line is printed when each of these shares is passed. */
const LINES_AT = [0, 0.5, 1];

/** Draws a bar on a terminal, a few lines elsewhere (a log, a pipe). */
export class ProgressBar {
  readonly #out: Pick<WriteStream, 'isTTY' | 'write'>;
  #linesWritten = 0;

  constructor(out: Pick<WriteStream, 'isTTY' | 'write'>) {
    this.#out = out;
  }

  /** @param progress 0..1 */
  show(progress: number, text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r${drawBar(progress)} ${text}\u001B[K${progress === 1 ? '\n' : ''}`);
    else this.#showLine(progress, text);
  }

  #showLine(progress: number, text: string): void {
    const reached = LINES_AT.filter((at) => at <= progress).length;
    if (reached > this.#linesWritten) this.#out.write(`${drawBar(progress)} ${text}\n`);
    this.#linesWritten = Math.max(reached, this.#linesWritten);
  }
}

function drawBar(progress: number): string {
  const filled = Math.round(progress * WIDTH);
  const percent = `${Math.floor(progress * 100)}`.padStart(3);
  return `[${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${percent} %`;
}
