import type { CytoqueueClient } from '../cytoqueue-client';
import type { Options } from './arguments';
import type { Environment } from './login-file';
import type { OptionName } from './options';
import type { Terminal } from './terminal';

export interface CommandContext {
  /** Created at the first use, so that commands without it need no connection. */
  readonly client: CytoqueueClient;
  terminal: Terminal;
  operands: string[];
  options: Options;
  environment: Environment;
  signal: AbortSignal;
  /** What goes on when the command is interrupted, and how to watch it. */
  afterInterrupt?: string;
}

export interface Command {
  operands: string;
  description: string;
  options: readonly OptionName[];
  /** @returns the exit status */
  run: (context: CommandContext) => Promise<number>;
}
