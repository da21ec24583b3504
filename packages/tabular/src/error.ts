const MAX_SHEETS = 100;

/**
 * A file that cannot be imported as a whole. The message says what the file is or where it breaks, and what to do.
 * It names sheets, members and places, never a cell, so that it may be logged.
 */
export class TabularError extends Error {
  readonly code: string;
  /** 1-based physical line, where one is known. */
  readonly line?: number;
  /** The sheets to choose from, the first hundred, where one has to be chosen. */
  readonly sheets?: readonly string[];

  constructor(
    code: string,
    message: string,
    options: { line?: number; sheets?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'TabularError';
    this.code = code;
    this.line = options.line;
    this.sheets = options.sheets?.slice(0, MAX_SHEETS);
  }
}
