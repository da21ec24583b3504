/**
 * A file that cannot be imported as a whole. The message says what the file is or where it breaks, and what to do.
 * It names sheets, members and places, never a cell, so that it may be logged.
 */
export class TabularError extends Error {
  readonly code: string;
  /** 1-based physical line, where one is known. */
  readonly line?: number;

  constructor(code: string, message: string, options: { line?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'TabularError';
    this.code = code;
    this.line = options.line;
  }
}
