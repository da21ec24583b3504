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
  /** Message for an interrupted command: names the work that continues and how to watch it. */
  afterInterrupt?: string;
}

export interface Command {
  operands: string;
  description: string;
  /** Further lines of the command's help. */
  details?: string;
  options: readonly OptionName[];
  /** @returns the exit status */
  run: (context: CommandContext) => Promise<number>;
}
